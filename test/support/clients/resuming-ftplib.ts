import { runProgram } from '../run-program.ts'
import type { FileClient, Target } from './file-client.ts'

const script = `
import ftplib, json, ssl, sys
job = json.loads(sys.stdin.read())
context = ssl._create_unverified_context()
context.maximum_version = getattr(ssl.TLSVersion, job['maxVersion'])

class Resuming(ftplib.FTP_TLS):
    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        session = self.sock.session if job['resumes'] else None
        return self.context.wrap_socket(conn, server_hostname=self.host, session=session), size

ftp = Resuming(context=context, timeout=40)
ftp.connect(job['host'], job['port'])
ftp.login(job['username'], job['password'])
ftp.prot_p()
for verb, one, two in job['steps']:
    if verb == 'put':
        with open(one, 'rb') as source:
            ftp.storbinary('STOR ' + two, source)
    elif verb == 'get':
        with open(two, 'wb') as sink:
            ftp.retrbinary('RETR ' + one, sink.write)
    else:
        print('\\n'.join(name for name, facts in ftp.mlsd(one)))
ftp.quit()
`

export interface FtplibSession {
  readonly maxVersion: 'TLSv1_2' | 'TLSv1_3'
  /** Whether data connections resume the session of the control connection, which stock ftplib does not. */
  readonly resumes: boolean
}

export type FtplibStep = readonly ['put' | 'get' | 'list', string, string]

/** Python's ftplib over TLS, many steps in one session. */
export function runFtplib(target: Target, session: FtplibSession, steps: readonly FtplibStep[]) {
  const { host, port, username, password } = target
  const job = { host, port, username, password, ...session, steps }
  return runProgram('/usr/bin/python3', ['-c', script], { input: JSON.stringify(job) })
}

export function resumingFtplib(maxVersion: FtplibSession['maxVersion']): (target: Target) => FileClient {
  return (target) => {
    const run = (...step: FtplibStep) => runFtplib(target, { maxVersion, resumes: true }, [step])
    return {
      put: (local, remote) => run('put', local, remote),
      get: (remote, local) => run('get', remote, local),
      list: (remote) => run('list', remote, ''),
    }
  }
}
