import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { ServerPlace } from '../harness/row.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import { unpackDebianPackages } from './debian-package.ts'
import { findFreePort } from './free-port.ts'

/** Debian's proftpd with the modules of SFTP and TLS, and the libraries that a usual system does not have. */
const packages = [
  ...['proftpd-core', 'proftpd-mod-crypto', 'libhiredis0.14', 'libmemcached11', 'libmemcachedutil2'],
  ...['libhashkit2', 'libpcre2-posix3', 'libsodium23'],
]

export interface ProftpdOptions {
  /** Of the one user, as crypt(3) writes it; '*' for none. */
  readonly passwordHash: string
  readonly module: 'mod_sftp.c' | 'mod_tls.c'
  readonly settings: readonly string[]
}

export interface RunningProftpd extends Daemon {
  readonly home: string
  readonly port: number
}

/** One user of a file of its own; `settings` say which protocol is spoken. */
export async function startProftpdDaemon(
  { directory, credentials }: ServerPlace,
  { passwordHash, module, settings }: ProftpdOptions,
): Promise<RunningProftpd> {
  const { root, env } = await unpackDebianPackages(packages)
  const home = join(directory, 'home')
  await mkdir(home, { recursive: true })
  const { uid, gid } = userInfo()
  const users = join(directory, 'users')
  await writeFile(users, `${credentials.username}:${passwordHash}:${uid}:${gid}::${home}:/bin/sh\n`)
  await chmod(users, 0o600)
  const port = await findFreePort()
  const configuration = join(directory, 'proftpd.conf')
  const lines = [
    `ModulePath ${join(root, 'usr/lib/proftpd')}`,
    `LoadModule ${module}`,
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
    // Else what is installed on the machine decides whether root comes in (/etc/ftpusers).
    'UseFtpUsers off',
    'AuthOrder mod_auth_file.c',
    `AuthUserFile ${users}`,
    'AllowOverwrite on',
    'MaxInstances 300',
    ...settings,
  ]
  await writeFile(configuration, `${lines.join('\n')}\n`)
  const args = ['--nodaemon', '--quiet', '--config', configuration]
  const daemon = await startDaemon({ program: join(root, 'usr/sbin/proftpd'), args, env, port })
  return { ...daemon, home, port }
}
