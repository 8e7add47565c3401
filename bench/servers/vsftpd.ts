import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerPlace, ServerUnderTest } from '../harness/row.ts'
import { startDaemon } from './daemon.ts'
import { unpackDebianPackages } from './debian-package.ts'
import { findFreePort } from './free-port.ts'
import { writePeerCertificate } from './peer-certificate.ts'

/**
 * Debian's vsftpd. It checks passwords by PAM alone, which would need changes to the system, so its user is the anonymous
 * one, with all rights. It runs as whoever starts it: in its usual mode a second process moves the bytes of TLS, which takes
 * two to four times as long.
 */
export async function startVsftpd({ directory }: ServerPlace): Promise<ServerUnderTest> {
  const { root } = await unpackDebianPackages(['vsftpd'])
  const home = join(directory, 'home')
  const empty = join(directory, 'empty')
  await mkdir(home, { recursive: true })
  await mkdir(empty, { recursive: true })
  const certificate = await writePeerCertificate(directory)
  const port = await findFreePort()
  const configuration = join(directory, 'vsftpd.conf')
  const settings = {
    listen: 'YES',
    listen_address: '127.0.0.1',
    listen_port: port,
    background: 'NO',
    run_as_launching_user: 'YES',
    // Only its existence is looked at.
    ftp_username: 'nobody',
    secure_chroot_dir: empty,
    anonymous_enable: 'YES',
    local_enable: 'NO',
    write_enable: 'YES',
    anon_root: home,
    anon_upload_enable: 'YES',
    anon_mkdir_write_enable: 'YES',
    anon_other_write_enable: 'YES',
    anon_world_readable_only: 'NO',
    anon_umask: '022',
    xferlog_enable: 'NO',
    use_sendfile: 'YES',
    max_clients: 0,
    max_per_ip: 0,
    ssl_enable: 'YES',
    allow_anon_ssl: 'YES',
    force_local_logins_ssl: 'NO',
    force_local_data_ssl: 'NO',
    require_ssl_reuse: 'NO',
    rsa_cert_file: certificate.cert,
    rsa_private_key_file: certificate.key,
    ssl_ciphers: 'HIGH',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(configuration, lines.join(''))
  const daemon = await startDaemon({ program: join(root, 'usr/sbin/vsftpd'), args: [configuration], port })
  return { ...daemon, name: 'vsftpd', home, ftpPort: port, ftpUsername: 'anonymous' }
}
