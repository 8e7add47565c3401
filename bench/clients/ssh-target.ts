import type { Target } from '../../test/support/clients/file-client.ts'
import { sshOptions } from '../../test/support/clients/openssh.ts'
import type { ClientCall } from '../harness/client.ts'
import type { RowContext, ServerUnderTest } from '../harness/row.ts'

/** Where and as whom SSH clients sign in. @throws when the server speaks no SFTP */
export function targetOf(server: ServerUnderTest, { credentials, scratch }: RowContext): Target {
  if (server.sftpPort === undefined) throw new Error(`${server.name} has no port for SFTP`)
  return { host: '127.0.0.1', port: server.sftpPort, hostKeyFingerprint: '', scratch, ...credentials }
}

export interface SftpOptions {
  /** As ssh(1) names it. Default: what client and server agree on. */
  readonly cipher?: string
  readonly stdoutFile?: string
}

/** sftp(1) in batch mode, signed in with the key. */
export function sftpCall(target: Target, commands: readonly string[], options: SftpOptions = {}): ClientCall {
  const { cipher, stdoutFile } = options
  const args = [
    ...sshOptions(target),
    ...(cipher === undefined ? [] : ['-c', cipher]),
    ...['-q', '-P', String(target.port), '-b', '-', `${target.username}@${target.host}`],
  ]
  const input = `${commands.join('\n')}\n`
  return { program: 'sftp', args, options: { input, ...(stdoutFile !== undefined && { stdoutFile }) } }
}
