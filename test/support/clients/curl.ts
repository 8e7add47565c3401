import { pathToFileURL } from 'node:url'
import { runProgram } from '../run-program.ts'
import type { FileClient, Target } from './file-client.ts'

export type CurlScheme = 'sftp' | 'ftp' | 'ftps'

/** curl over one of its protocols; 'ftps' means FTP with AUTH TLS demanded. */
export function curl(scheme: CurlScheme): (target: Target) => FileClient {
  return (target) => {
    const protocol = scheme === 'sftp' ? 'sftp' : 'ftp'
    const common = ['-sS', '-k', '--max-time', '50', '-u', `${target.username}:${target.password}`]
    if (scheme === 'ftps') common.push('--ssl-reqd')
    // In an FTP URL the path is relative to the login directory; a second slash makes it absolute (RFC 1738 §3.2.2).
    const at = (path: string) =>
      `${protocol}://${target.host}:${target.port}${pathToFileURL(path).pathname.replaceAll("'", '%27')}`
    const run = (...args: string[]) => runProgram('curl', [...common, ...args])
    const quoted = (path: string) => (scheme === 'sftp' ? `"${path.replaceAll(/["\\]/g, '\\$&')}"` : path)
    const quote = (...commands: string[]) =>
      run(...commands.flatMap((command) => ['-Q', command]), '-o', '/dev/null', at('/'), '-l')
    return {
      put: (local, remote) => run('-T', local, at(remote)),
      get: (remote, local) => run('-o', local, at(remote)),
      resumePut: (local, remote) => run('-C', '-', '-T', local, at(remote)),
      resumeGet: (remote, local) => run('-C', '-', '-o', local, at(remote)),
      list: (remote) => run('-l', `${at(remote)}/`),
      rename: (from, to) =>
        scheme === 'sftp'
          ? quote(`rename ${quoted(from)} ${quoted(to)}`)
          : quote(`RNFR ${from}`, `RNTO ${to}`),
      remove: (remote) => quote(scheme === 'sftp' ? `rm ${quoted(remote)}` : `DELE ${remote}`),
      makeDirectory: (remote) => quote(scheme === 'sftp' ? `mkdir ${quoted(remote)}` : `MKD ${remote}`),
      removeDirectory: (remote) => quote(scheme === 'sftp' ? `rmdir ${quoted(remote)}` : `RMD ${remote}`),
    }
  }
}
