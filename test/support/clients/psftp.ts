import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { runProgram } from '../run-program.ts'
import type { FileClient, Target } from './file-client.ts'

/** PuTTY's sftp program, signing in with a password. */
export function psftp(target: Target): FileClient {
  const run = async (...commands: string[]) => {
    const script = join(target.scratch, `psftp-${randomUUID()}`)
    await writeFile(script, `${commands.join('\n')}\n`)
    const login = ['-P', String(target.port), '-l', target.username, '-pw', target.password]
    const host = ['-hostkey', target.hostKeyFingerprint, target.host]
    return runProgram('psftp', ['-batch', ...login, '-b', script, ...host], { env: { HOME: target.scratch } })
  }
  return {
    put: (local, remote) => run(`put ${quote(local)} ${quote(remote)}`),
    get: (remote, local) => run(`get ${quote(remote)} ${quote(local)}`),
    resumePut: (local, remote) => run(`reput ${quote(local)} ${quote(remote)}`),
    resumeGet: (remote, local) => run(`reget ${quote(remote)} ${quote(local)}`),
    list: (remote) => run(`ls ${quote(remote)}`),
    rename: (from, to) => run(`mv ${quote(from)} ${quote(to)}`),
    remove: (remote) => run(`rm ${quote(remote)}`),
    makeDirectory: (remote) => run(`mkdir ${quote(remote)}`),
    removeDirectory: (remote) => run(`rmdir ${quote(remote)}`),
  }
}

/** psftp doubles a quote inside quotes. */
function quote(path: string): string {
  return `"${path.replaceAll('"', '""')}"`
}
