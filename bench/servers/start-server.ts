import type { ServerName, ServerPlace, ServerUnderTest, StartServer } from '../harness/row.ts'
import { startBareFtp } from './bare-ftp.ts'
import { startFtpSrv } from './ftp-srv.ts'
import { startNginx } from './nginx.ts'
import { startOpenssh } from './openssh.ts'
import { startOurs } from './product.ts'
import { startProftpdFtp } from './proftpd-ftp.ts'
import { startProftpd } from './proftpd.ts'
import { startPureFtpd } from './pure-ftpd.ts'
import { startSsh2Stock } from './ssh2-stock.ts'
import { startUnseparatedVsftpd, startVsftpd } from './vsftpd.ts'
import { startZip } from './zip.ts'

const starters: Partial<Record<ServerName, StartServer>> = {
  ours: (place) => startOurs(place),
  'ours, 2 workers': (place) => startOurs(place, 'ours, 2 workers', { WORKERS: '2' }),
  'ours, 40 ports': (place) =>
    startOurs(place, 'ours, 40 ports', {
      FTP_PASSIVE_PORTS: Array.from({ length: 40 }, () => '0').join(','),
    }),
  openssh: startOpenssh,
  proftpd: startProftpd,
  'proftpd, FTP': startProftpdFtp,
  vsftpd: startVsftpd,
  'vsftpd without privilege separation': startUnseparatedVsftpd,
  'pure-ftpd': startPureFtpd,
  nginx: startNginx,
  zip: startZip,
  'ssh2 stock': startSsh2Stock,
  'ftp-srv': startFtpSrv,
  'bare Node': startBareFtp,
}

/** @throws with the reason when it cannot be fetched or does not start */
export async function startServer(name: ServerName, place: ServerPlace): Promise<ServerUnderTest> {
  const start = starters[name]
  if (!start) throw new Error(`nobody knows how to start ${name}`)
  return start(place)
}
