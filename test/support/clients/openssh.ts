import { runProgram } from '../run-program.ts'
import type { FileClient, Target } from './file-client.ts'

export function sshOptions({ keyFile }: Target): string[] {
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR']
  const identity = ['IdentitiesOnly=yes', `IdentityFile=${keyFile}`, 'PreferredAuthentications=publickey']
  return ['-F', 'none', ...[...options, ...identity].flatMap((option) => ['-o', option])]
}

/** sftp(1) in batch mode, signing in with a key. */
export function opensshSftp(target: Target): FileClient {
  const batch = (...commands: string[]) =>
    runProgram(
      'sftp',
      [...sshOptions(target), '-P', String(target.port), '-b', '-', `${target.username}@${target.host}`],
      { input: `${commands.join('\n')}\n` },
    )
  return {
    put: (local, remote) => batch(`put ${quote(local)} ${quote(remote)}`),
    get: (remote, local) => batch(`get ${quote(remote)} ${quote(local)}`),
    resumePut: (local, remote) => batch(`reput ${quote(local)} ${quote(remote)}`),
    resumeGet: (remote, local) => batch(`reget ${quote(remote)} ${quote(local)}`),
    list: (remote) => batch(`ls -1 ${quote(remote)}`),
    rename: (from, to) => batch(`rename ${quote(from)} ${quote(to)}`),
    remove: (remote) => batch(`rm ${quote(remote)}`),
    makeDirectory: (remote) => batch(`mkdir ${quote(remote)}`),
    removeDirectory: (remote) => batch(`rmdir ${quote(remote)}`),
    putWithTime: (local, remote) => batch(`put -p ${quote(local)} ${quote(remote)}`),
  }
}

/** scp(1), with the SFTP protocol (`-s`) or the old one (`-O`). */
export function scp(mode: '-s' | '-O'): (target: Target) => FileClient {
  return (target) => {
    const copy = (flags: string[], from: string, to: string) =>
      runProgram('scp', [...sshOptions(target), mode, ...flags, '-P', String(target.port), from, to])
    // The old protocol hands the path to a remote shell, so what a shell would take for its own is escaped.
    const at = (path: string) =>
      `${target.username}@${target.host}:${mode === '-O' ? path.replaceAll(/[^\p{L}\p{N}/._-]/gu, '\\$&') : path}`
    return {
      put: (local, remote) => copy([], local, at(remote)),
      get: (remote, local) => copy([], at(remote), local),
      list: opensshSftp(target).list,
      putWithTime: (local, remote) => copy(['-p'], local, at(remote)),
    }
  }
}

function quote(path: string): string {
  return `"${path.replaceAll(/["\\]/g, '\\$&')}"`
}
