import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../../test/support/run-program.ts'
import type { ServerPlace, ServerUnderTest } from '../harness/row.ts'
import { startDaemon } from './daemon.ts'
import { unpackDebianPackages } from './debian-package.ts'
import { findFreePort } from './free-port.ts'

/** Debian's proftpd, the modules of its SFTP, and the libraries that a usual system does not have. */
export const proftpdPackages = [
  ...['proftpd-core', 'proftpd-mod-crypto'],
  ...[
    'libhiredis0.14',
    'libmemcached11',
    'libmemcachedutil2',
    'libhashkit2',
    'libpcre2-posix3',
    'libsodium23',
  ],
]

/** mod_sftp of Debian's proftpd with one ed25519 host key and keys alone, as the sshd beside it. */
export async function startProftpd({ directory, credentials }: ServerPlace): Promise<ServerUnderTest> {
  const { root, env } = await unpackDebianPackages(proftpdPackages)
  const home = join(directory, 'home')
  await mkdir(home, { recursive: true })
  const hostKey = join(directory, 'host-key')
  if (!existsSync(hostKey)) await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey])
  // It reads keys in the form of RFC 4716.
  const keys = await runProgram('ssh-keygen', ['-e', '-f', `${credentials.keyFile}.pub`])
  await writeFile(join(directory, 'authorized-keys'), keys.stdout)
  const { uid, gid } = userInfo()
  const users = join(directory, 'users')
  await writeFile(users, `${credentials.username}:*:${uid}:${gid}::${home}:/bin/sh\n`)
  await chmod(users, 0o600)
  const port = await findFreePort()
  const configuration = join(directory, 'proftpd.conf')
  const settings = [
    `ModulePath ${join(root, 'usr/lib/proftpd')}`,
    'LoadModule mod_sftp.c',
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
    'MaxInstances 300',
    'SFTPEngine on',
    'SFTPLog none',
    `SFTPHostKey ${hostKey}`,
    'SFTPAuthMethods publickey',
    `SFTPAuthorizedUserKeys file:${join(directory, 'authorized-keys')}`,
  ]
  await writeFile(configuration, `${settings.join('\n')}\n`)
  const args = ['--nodaemon', '--quiet', '--config', configuration]
  const daemon = await startDaemon({ program: join(root, 'usr/sbin/proftpd'), args, env, port })
  return {
    name: 'proftpd',
    pid: daemon.pid,
    home,
    sftpPort: port,
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  }
}
