import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ServerName, ServerPlace, ServerUnderTest } from '../harness/row.ts'
import { startDaemon } from './daemon.ts'
import { unpackDebianPackages } from './debian-package.ts'
import { findFreePort } from './free-port.ts'
import { writePeerCertificate } from './peer-certificate.ts'

/** Of every Debian, and with a home directory, where a session looks first. */
const anonymous = 'daemon'

/**
 * Debian's vsftpd as it is shipped: sessions run unprivileged in a chroot, and for TLS a second process of each moves
 * the bytes. It checks passwords by PAM alone, which would need changes to the system, so its user is the anonymous one,
 * with all rights.
 */
export async function startVsftpd(place: ServerPlace): Promise<ServerUnderTest> {
  if (process.getuid?.() !== 0) throw new Error('vsftpd separates privileges as root alone')
  // Its sessions change to the start directory as the unprivileged user.
  await chmod(dirname(place.directory), 0o711)
  return start(place, 'vsftpd', { ftp_username: anonymous, nopriv_user: 'nobody' })
}

/**
 * For the record: all in one process with the rights of whoever starts it, which vsftpd's manual calls dangerous. Nobody
 * runs it so, but it is the fastest that it can be.
 */
export async function startUnseparatedVsftpd(place: ServerPlace): Promise<ServerUnderTest> {
  // Of the user only its existence is looked at.
  return start(place, 'vsftpd without privilege separation', {
    run_as_launching_user: 'YES',
    ftp_username: anonymous,
  })
}

async function start(
  { directory }: ServerPlace,
  name: ServerName,
  privileges: Readonly<Record<string, string>>,
): Promise<ServerUnderTest> {
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
    ...privileges,
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
  return { ...daemon, name, home, ftpPort: port, ftpUsername: 'anonymous' }
}
