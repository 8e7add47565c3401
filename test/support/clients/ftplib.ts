import { runProgram } from '../run-program.ts'
import type { FileClient, Target } from './file-client.ts'

const script = `
import ftplib, json, os, ssl, sys
target, tls, command, arguments = json.loads(sys.stdin.read())
if tls:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    ftp = ftplib.FTP_TLS(context=context, timeout=40)
else:
    ftp = ftplib.FTP(timeout=40)
ftp.encoding = "utf-8"
ftp.connect(target["host"], target["port"])
ftp.login(target["username"], target["password"])
if tls:
    ftp.prot_p()
def put(local, remote):
    with open(local, "rb") as source:
        ftp.storbinary("STOR " + remote, source)
def get(remote, local):
    with open(local, "wb") as sink:
        ftp.retrbinary("RETR " + remote, sink.write)
def resume_put(local, remote):
    ftp.voidcmd("TYPE I")
    size = ftp.size(remote)
    with open(local, "rb") as source:
        source.seek(size)
        ftp.storbinary("STOR " + remote, source, rest=size)
def resume_get(remote, local):
    with open(local, "ab") as sink:
        ftp.retrbinary("RETR " + remote, sink.write, rest=sink.tell())
def list_names(remote):
    print("\\n".join(name for name, facts in ftp.mlsd(remote)))
def put_with_time(local, remote):
    put(local, remote)
    import time
    ftp.voidcmd("MFMT " + time.strftime("%Y%m%d%H%M%S", time.gmtime(os.stat(local).st_mtime)) + " " + remote)
commands = dict(put=put, get=get, resume_put=resume_put, resume_get=resume_get, list=list_names, rename=ftp.rename,
                remove=ftp.delete, mkdir=ftp.mkd, rmdir=ftp.rmd, put_with_time=put_with_time)
commands[command](*arguments)
ftp.quit()
`

/** Python's ftplib; over TLS it shakes hands on the data connection after the 150 and checks every close. */
export function ftplib(security: 'plain' | 'tls'): (target: Target) => FileClient {
  return (target) => {
    const run = (command: string, ...args: string[]) =>
      runProgram('/usr/bin/python3', ['-c', script], {
        input: JSON.stringify([target, security === 'tls', command, args]),
      })
    return {
      put: (local, remote) => run('put', local, remote),
      get: (remote, local) => run('get', remote, local),
      resumePut: (local, remote) => run('resume_put', local, remote),
      resumeGet: (remote, local) => run('resume_get', remote, local),
      list: (remote) => run('list', remote),
      rename: (from, to) => run('rename', from, to),
      remove: (remote) => run('remove', remote),
      makeDirectory: (remote) => run('mkdir', remote),
      removeDirectory: (remote) => run('rmdir', remote),
      putWithTime: (local, remote) => run('put_with_time', local, remote),
    }
  }
}
