import { protocolContract, type ProtocolVariant } from '../contract/protocol.contract.ts'
import { curl } from '../support/clients/curl.ts'
import { lftp } from '../support/clients/lftp.ts'
import { opensshSftp, scp } from '../support/clients/openssh.ts'
import { paramiko } from '../support/clients/paramiko.ts'
import { psftp } from '../support/clients/psftp.ts'
import { rclone } from '../support/clients/rclone.ts'
import { openProtocolWorld } from '../support/protocol-world.ts'

const plainNames = ['with space.txt', 'ümläut ß 日本 👍.txt', '-dash.txt', 'dot..dot.txt']

const variants: ProtocolVariant[] = [
  { name: 'OpenSSH sftp', makeClient: opensshSftp },
  { name: 'OpenSSH scp over SFTP', makeClient: scp('-s') },
  { name: 'OpenSSH scp, old protocol', makeClient: scp('-O') },
  { name: 'lftp over SFTP', makeClient: lftp('sftp') },
  { name: 'curl over SFTP', makeClient: curl('sftp') },
  { name: 'rclone over SFTP', makeClient: rclone('sftp') },
  { name: 'PuTTY psftp', makeClient: psftp, names: plainNames },
  { name: 'paramiko', makeClient: paramiko },
]

for (const variant of variants) protocolContract(variant, () => openProtocolWorld('sftp'))

protocolContract({ name: 'OpenSSH sftp through a pipe that closes both ways', makeClient: opensshSftp }, () =>
  openProtocolWorld('sftp', { isPiped: true }),
)
