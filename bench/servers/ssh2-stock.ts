import { mkdir, readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../../test/support/run-program.ts'
import { startScript } from '../clients/start-script.ts'
import type { ServerPlace, ServerUnderTest } from '../harness/row.ts'

const script = join(import.meta.dirname, '../peers/ssh2-sftp/server.ts')

/** The SSH library that ours speaks through, with the SFTP layer it brings along; for the record. */
export async function startSsh2Stock({ directory, credentials }: ServerPlace): Promise<ServerUnderTest> {
  const root = join(directory, 'home')
  await mkdir(root, { recursive: true })
  const keyFile = join(directory, 'host-key')
  if (!existsSync(keyFile)) await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile])
  const [hostKey, publicKey] = await Promise.all([
    readFile(keyFile, 'utf8'),
    readFile(`${credentials.keyFile}.pub`, 'utf8'),
  ])
  const started = await startScript<{ readonly port: number }>(script, { root, publicKey, hostKey })
  return {
    name: 'ssh2 stock',
    pid: started.pid,
    home: root,
    sftpPort: started.told.port,
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  }
}
