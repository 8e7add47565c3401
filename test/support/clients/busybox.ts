import { runProgram } from '../run-program.ts'
import type { FileClient, Target } from './file-client.ts'

/** The client of many embedded Linux devices: one file per run, no TLS, no listing. */
export function busybox(target: Target): FileClient {
  const login = ['-u', target.username, '-p', target.password, '-P', String(target.port), target.host]
  return {
    put: (local, remote) => runProgram('busybox', ['ftpput', ...login, remote, local]),
    get: (remote, local) => runProgram('busybox', ['ftpget', ...login, local, remote]),
    resumeGet: (remote, local) => runProgram('busybox', ['ftpget', '-c', ...login, local, remote]),
    list: () => Promise.reject(new Error('this client lists nothing')),
  }
}
