import { runProgram } from '../run-program.ts'
import type { FileClient, Target } from './file-client.ts'

/** NcFTP's programs for scripts; they know no TLS. */
export function ncftp(target: Target): FileClient {
  const login = ['-u', target.username, '-p', target.password, '-P', String(target.port)]
  const options = { env: { HOME: target.scratch } }
  const at = (path: string) =>
    `ftp://${target.host}/%2F${path.split('/').map(encodeURIComponent).join('/').slice(1)}`
  return {
    put: (local, remote) =>
      runProgram('ncftpput', [...login, '-V', '-C', target.host, local, remote], options),
    get: (remote, local) =>
      runProgram('ncftpget', [...login, '-V', '-C', target.host, remote, local], options),
    list: (remote) => runProgram('ncftpls', [...login, '-1', `${at(remote)}/`], options),
  }
}
