import { runProgram } from '../run-program.ts'
import type { FileClient, Target } from './file-client.ts'

const script = `
import json, os, sys, paramiko
target, command, arguments = json.loads(sys.stdin.read())
transport = paramiko.Transport((target["host"], target["port"]))
transport.connect(username=target["username"], password=target["password"])
sftp = paramiko.SFTPClient.from_transport(transport)
def put(local, remote):
    sftp.put(local, remote)
def get(remote, local):
    sftp.get(remote, local)
def resume_put(local, remote):
    with open(local, "rb") as source, sftp.open(remote, "ab") as sink:
        source.seek(sftp.stat(remote).st_size)
        sink.set_pipelined(True)
        sink.write(source.read())
def list_names(remote):
    print("\\n".join(sftp.listdir(remote)))
def put_with_time(local, remote):
    sftp.put(local, remote)
    status = os.stat(local)
    sftp.utime(remote, (status.st_atime, status.st_mtime))
commands = dict(put=put, get=get, resume_put=resume_put, list=list_names, rename=sftp.rename, remove=sftp.remove,
                mkdir=sftp.mkdir, rmdir=sftp.rmdir, put_with_time=put_with_time)
try:
    commands[command](*arguments)
finally:
    transport.close()
`

/** Python's paramiko, whose put() compares sizes afterwards by itself. */
export function paramiko(target: Target): FileClient {
  const run = (command: string, ...args: string[]) =>
    runProgram('/usr/bin/python3', ['-W', 'ignore', '-c', script], {
      input: JSON.stringify([target, command, args]),
    })
  return {
    put: (local, remote) => run('put', local, remote),
    get: (remote, local) => run('get', remote, local),
    resumePut: (local, remote) => run('resume_put', local, remote),
    list: (remote) => run('list', remote),
    rename: (from, to) => run('rename', from, to),
    remove: (remote) => run('remove', remote),
    makeDirectory: (remote) => run('mkdir', remote),
    removeDirectory: (remote) => run('rmdir', remote),
    putWithTime: (local, remote) => run('put_with_time', local, remote),
  }
}
