import { protocolContract, type ProtocolVariant } from '../contract/protocol.contract.ts'
import { curl } from '../support/clients/curl.ts'
import { ftplib } from '../support/clients/ftplib.ts'
import { lftp } from '../support/clients/lftp.ts'
import { rclone } from '../support/clients/rclone.ts'
import { openProtocolWorld } from '../support/protocol-world.ts'

const variants: ProtocolVariant[] = [
  { name: 'curl over FTP', makeClient: curl('ftp') },
  { name: 'curl over FTPS', makeClient: curl('ftps') },
  { name: 'lftp over FTP', makeClient: lftp('ftp') },
  { name: 'lftp over FTPS', makeClient: lftp('ftps') },
  { name: 'rclone over FTP', makeClient: rclone('ftp') },
  { name: 'rclone over FTPS', makeClient: rclone('ftps') },
  { name: 'Python ftplib over FTP', makeClient: ftplib('plain') },
  { name: 'Python ftplib over FTPS', makeClient: ftplib('tls') },
]

for (const variant of variants) protocolContract(variant, () => openProtocolWorld('ftp'))

protocolContract(
  { name: 'Python ftplib over FTPS through a pipe that closes both ways', makeClient: ftplib('tls') },
  () => openProtocolWorld('ftp', { isPiped: true }),
)
