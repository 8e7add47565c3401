import { runProgram } from '../run-program.ts'
import type { FileClient, Target } from './file-client.ts'

export type RcloneScheme = 'sftp' | 'ftp' | 'ftps'

/** rclone with a backend made on the command line; it checks sizes and hashes after each copy by itself. */
export function rclone(scheme: RcloneScheme): (target: Target) => FileClient {
  return (target) => {
    const run = async (...args: string[]) =>
      runProgram('rclone', [...args, ...(await rcloneFlags(target, scheme))])
    const at = (path: string) => `${scheme === 'sftp' ? ':sftp:' : ':ftp:'}${path}`
    return {
      put: (local, remote) => run('copyto', local, at(remote)),
      get: (remote, local) => run('copyto', at(remote), local),
      list: (remote) => run('lsf', at(remote)),
      rename: (from, to) => run('moveto', at(from), at(to)),
      remove: (remote) => run('deletefile', at(remote)),
      makeDirectory: (remote) => run('mkdir', at(remote)),
      removeDirectory: (remote) => run('rmdir', at(remote)),
      putWithTime: (local, remote) => run('copyto', local, at(remote)),
    }
  }
}

export async function rcloneFlags(target: Target, scheme: RcloneScheme): Promise<string[]> {
  const kind = scheme === 'sftp' ? 'sftp' : 'ftp'
  const obscured = (await runProgram('rclone', ['obscure', target.password])).stdout.trim()
  const flags = [
    `--${kind}-host=${target.host}`,
    `--${kind}-port=${target.port}`,
    `--${kind}-user=${target.username}`,
    `--${kind}-pass=${obscured}`,
    '--config=/dev/null',
    '--retries=1',
    '--low-level-retries=2',
    '--contimeout=15s',
    '--timeout=40s',
  ]
  if (scheme === 'ftps') flags.push('--ftp-explicit-tls', '--ftp-no-check-certificate')
  return flags
}
