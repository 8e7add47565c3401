import { runProgram } from '../run-program.ts'
import type { FileClient, Target } from './file-client.ts'

const connectProgram =
  'ssh -a -x -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR'

export type LftpScheme = 'sftp' | 'ftp' | 'ftps'

/** lftp over one of its protocols; 'ftps' means FTP with AUTH TLS on both channels. */
export function lftp(scheme: LftpScheme): (target: Target) => FileClient {
  return (target) => {
    const run = (...commands: string[]) => runLftp(target, scheme, commands)
    return {
      put: (local, remote) => run(`put ${quote(local)} -o ${quote(remote)}`),
      get: (remote, local) => run(`get ${quote(remote)} -o ${quote(local)}`),
      resumePut: (local, remote) => run(`put -c ${quote(local)} -o ${quote(remote)}`),
      resumeGet: (remote, local) => run(`get -c ${quote(remote)} -o ${quote(local)}`),
      list: (remote) => run(`cls -1 ${quote(`${remote}/`)}`),
      rename: (from, to) => run(`mv ${quote(from)} ${quote(to)}`),
      remove: (remote) => run(`rm ${quote(remote)}`),
      makeDirectory: (remote) => run(`mkdir ${quote(remote)}`),
      removeDirectory: (remote) => run(`rmdir ${quote(remote)}`),
    }
  }
}

/** Runs commands in one lftp session; the first that fails ends it. */
export function runLftp(target: Target, scheme: LftpScheme, commands: readonly string[]) {
  const settings = [
    'set cmd:fail-exit yes',
    'set net:max-retries 2',
    'set net:timeout 20',
    'set net:reconnect-interval-base 1',
    'set sftp:auto-confirm yes',
    `set sftp:connect-program "${connectProgram}"`,
    'set ssl:verify-certificate no',
    `set ftp:ssl-force ${scheme === 'ftps' ? 'yes' : 'no'}`,
    `set ftp:ssl-allow ${scheme === 'ftps' ? 'yes' : 'no'}`,
    'set ftp:ssl-protect-data yes',
    'set xfer:clobber yes',
  ]
  const url = `${scheme === 'sftp' ? 'sftp' : 'ftp'}://${target.host}:${target.port}`
  const open = `open -u ${target.username},${target.password} ${url}`
  const script = [...settings, open, ...commands, 'bye'].join('\n')
  return runProgram('lftp', ['--norc'], { input: script, env: { HOME: target.scratch } })
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
