import type { Target } from '../../test/support/clients/file-client.ts'
import { sshOptions } from '../../test/support/clients/openssh.ts'
import type { ClientCall } from '../harness/client.ts'

/** lftp(1) over SFTP, signed in with the key. */
export function lftpCall(target: Target, commands: readonly string[]): ClientCall {
  const connect = ['ssh', '-a', '-x', ...sshOptions(target)].join(' ')
  const script = [
    'set cmd:fail-exit yes',
    'set net:max-retries 2',
    'set net:timeout 20',
    'set xfer:clobber yes',
    `set sftp:connect-program "${connect}"`,
    // The password is never asked for, as the key is enough.
    `open -u ${target.username},unused sftp://${target.host}:${target.port}`,
    ...commands,
    'bye',
  ]
  const options = { input: `${script.join('\n')}\n`, env: { HOME: target.scratch } }
  return { program: 'lftp', args: ['--norc'], options }
}
