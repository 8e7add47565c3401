import { existsSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../../test/support/run-program.ts'
import type { ServerPlace, ServerUnderTest } from '../harness/row.ts'
import { startDaemon } from './daemon.ts'
import { findFreePort } from './free-port.ts'

/** Where Debian's sshd insists on a directory when root starts it; its service makes it at start. */
const privilegeSeparationDirectory = '/run/sshd'

/** Debian's sshd with its own configuration: one ed25519 host key as ours prefers, keys alone, the SFTP server built in. */
export async function startOpenssh({ directory, credentials }: ServerPlace): Promise<ServerUnderTest> {
  const home = join(directory, 'home')
  await mkdir(home, { recursive: true })
  if (process.getuid?.() === 0) await mkdir(privilegeSeparationDirectory, { recursive: true, mode: 0o755 })
  const hostKey = join(directory, 'host-key')
  if (!existsSync(hostKey)) await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey])
  const authorizedKeys = join(directory, 'authorized-keys')
  await copyFile(`${credentials.keyFile}.pub`, authorizedKeys)
  const port = await findFreePort()
  const configuration = join(directory, 'sshd_config')
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${authorizedKeys}`,
    `Subsystem sftp internal-sftp -d ${home}`,
    'PidFile none',
    // Whoever looks whether it listens yet is an error to it.
    'LogLevel FATAL',
    'StrictModes no',
    'UsePAM no',
    'UseDNS no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    // Logins by the hundred are part of the work here.
    'MaxStartups 1000:30:2000',
  ]
  await writeFile(configuration, `${settings.join('\n')}\n`)
  const daemon = await startDaemon({ program: '/usr/sbin/sshd', args: ['-D', '-f', configuration], port })
  return {
    name: 'openssh',
    pid: daemon.pid,
    home,
    sftpPort: port,
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  }
}
