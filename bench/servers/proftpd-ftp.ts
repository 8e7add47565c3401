import type { ServerPlace, ServerUnderTest } from '../harness/row.ts'
import { writePeerCertificate } from './peer-certificate.ts'
import { hashForPeer } from './peer-password.ts'
import { startProftpdDaemon } from './proftpd-daemon.ts'

/** Debian's proftpd with FTP and FTPS. */
export async function startProftpdFtp(place: ServerPlace): Promise<ServerUnderTest> {
  const certificate = await writePeerCertificate(place.directory)
  const { port, ...daemon } = await startProftpdDaemon(place, {
    passwordHash: await hashForPeer(place.credentials.password),
    module: 'mod_tls.c',
    settings: [
      'AllowStoreRestart on',
      'UseSendfile on',
      'ShowSymlinks on',
      'TLSEngine on',
      'TLSLog none',
      'TLSRequired off',
      'TLSVerifyClient off',
      'TLSProtocol TLSv1.2 TLSv1.3',
      'TLSOptions NoSessionReuseRequired',
      `TLSECCertificateFile ${certificate.cert}`,
      `TLSECCertificateKeyFile ${certificate.key}`,
    ],
  })
  return { ...daemon, name: 'proftpd, FTP', ftpPort: port }
}
