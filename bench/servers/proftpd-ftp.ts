import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { ServerPlace, ServerUnderTest } from '../harness/row.ts'
import { startDaemon } from './daemon.ts'
import { unpackDebianPackages } from './debian-package.ts'
import { findFreePort } from './free-port.ts'
import { writePeerCertificate } from './peer-certificate.ts'
import { hashForPeer } from './peer-password.ts'
import { proftpdPackages } from './proftpd.ts'

/** Debian's proftpd with FTP and FTPS, and a user of a file of its own. */
export async function startProftpdFtp({ directory, credentials }: ServerPlace): Promise<ServerUnderTest> {
  const { root, env } = await unpackDebianPackages(proftpdPackages)
  const home = join(directory, 'home')
  await mkdir(home, { recursive: true })
  const certificate = await writePeerCertificate(directory)
  const { uid, gid } = userInfo()
  const hash = await hashForPeer(credentials.password)
  const users = join(directory, 'users')
  await writeFile(users, `${credentials.username}:${hash}:${uid}:${gid}::${home}:/bin/sh\n`)
  await chmod(users, 0o600)
  const port = await findFreePort()
  const configuration = join(directory, 'proftpd.conf')
  const settings = [
    `ModulePath ${join(root, 'usr/lib/proftpd')}`,
    'LoadModule mod_tls.c',
    'ServerName bench',
    'ServerType standalone',
    'DefaultAddress 127.0.0.1',
    `Port ${port}`,
    ...(uid === 0 ? ['User root', 'Group root', 'RootLogin on'] : []),
    `PidFile ${join(directory, 'pid')}`,
    `ScoreboardFile ${join(directory, 'scoreboard')}`,
    'DelayTable none',
    'DelayEngine off',
    'SystemLog none',
    'TransferLog none',
    'WtmpLog off',
    'UseReverseDNS off',
    'UseIPv6 off',
    'RequireValidShell off',
    'AuthOrder mod_auth_file.c',
    `AuthUserFile ${users}`,
    'AllowOverwrite on',
    'AllowStoreRestart on',
    'UseSendfile on',
    'ShowSymlinks on',
    'MaxInstances 300',
    'TLSEngine on',
    'TLSLog none',
    'TLSRequired off',
    'TLSVerifyClient off',
    'TLSProtocol TLSv1.2 TLSv1.3',
    'TLSOptions NoSessionReuseRequired',
    `TLSECCertificateFile ${certificate.cert}`,
    `TLSECCertificateKeyFile ${certificate.key}`,
  ]
  await writeFile(configuration, `${settings.join('\n')}\n`)
  const args = ['--nodaemon', '--quiet', '--config', configuration]
  const daemon = await startDaemon({ program: join(root, 'usr/sbin/proftpd'), args, env, port })
  return { ...daemon, name: 'proftpd, FTP', home, ftpPort: port }
}
