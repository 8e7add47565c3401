import { protocolContract } from '../contract/protocol.contract.ts'
import { curl } from '../support/clients/curl.ts'
import { lftp } from '../support/clients/lftp.ts'
import { openProtocolWorld } from '../support/protocol-world.ts'

const env = { WORKERS: '2' }

protocolContract({ name: 'lftp over SFTP, two workers', makeClient: lftp('sftp') }, () =>
  openProtocolWorld('sftp', { env }),
)
protocolContract({ name: 'curl over FTP, two workers', makeClient: curl('ftp') }, () =>
  openProtocolWorld('ftp', { env }),
)
protocolContract({ name: 'lftp over FTPS, two workers', makeClient: lftp('ftps') }, () =>
  openProtocolWorld('ftp', { env }),
)
