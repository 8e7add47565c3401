import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../../test/support/run-program.ts'
import type { ServerPlace, ServerUnderTest } from '../harness/row.ts'
import { startProftpdDaemon } from './proftpd-daemon.ts'

/** mod_sftp of Debian's proftpd with one ed25519 host key and keys alone, as the sshd beside it. */
export async function startProftpd(place: ServerPlace): Promise<ServerUnderTest> {
  const { directory, credentials } = place
  const hostKey = join(directory, 'host-key')
  if (!existsSync(hostKey)) await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey])
  // It reads keys in the form of RFC 4716.
  const keys = await runProgram('ssh-keygen', ['-e', '-f', `${credentials.keyFile}.pub`])
  await writeFile(join(directory, 'authorized-keys'), keys.stdout)
  const { port, ...daemon } = await startProftpdDaemon(place, {
    passwordHash: '*',
    module: 'mod_sftp.c',
    settings: [
      'SFTPEngine on',
      'SFTPLog none',
      `SFTPHostKey ${hostKey}`,
      'SFTPAuthMethods publickey',
      `SFTPAuthorizedUserKeys file:${join(directory, 'authorized-keys')}`,
    ],
  })
  return { ...daemon, name: 'proftpd', sftpPort: port }
}
