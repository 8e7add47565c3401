/**
 * ssh2 with the SFTP layer that comes with it, one asynchronous file call per request: what one writes first. Only as
 * complete as the rows that it runs for the record. Argument: JSON with `root` and `publicKey`; tells its port as JSON.
 */
import { timingSafeEqual } from 'node:crypto'
import fs from 'node:fs'
import { join } from 'node:path'
import ssh2, { type AuthContext, type Connection, type FileEntry, type SFTPWrapper, type Stats } from 'ssh2'

const { root, publicKey, hostKey } = JSON.parse(process.argv[2] ?? '') as Record<string, string>
const allowedKey = ssh2.utils.parseKey(publicKey ?? '')
if (allowedKey instanceof Error) throw allowedKey
const { STATUS_CODE: status, flagsToString } = ssh2.utils.sftp
const namesPerAnswer = 256

function authenticate(context: AuthContext): void {
  if (context.method !== 'publickey' || allowedKey instanceof Error) return context.reject(['publickey'])
  const known = allowedKey.getPublicSSH()
  const isKnown = context.key.data.length === known.length && timingSafeEqual(context.key.data, known)
  const { signature, blob, hashAlgo } = context
  const isProven = !signature || !blob || allowedKey.verify(blob, signature, hashAlgo) === true
  if (isKnown && isProven) context.accept()
  else context.reject(['publickey'])
}

/** Open files and directories of one session. */
class Handles {
  readonly #files = new Map<number, number>()
  readonly #directories = new Map<number, { readonly path: string; readonly entries: fs.Dir }>()
  #last = 0

  addFile(descriptor: number): Buffer {
    this.#files.set(++this.#last, descriptor)
    return this.#name()
  }

  addDirectory(path: string, entries: fs.Dir): Buffer {
    this.#directories.set(++this.#last, { path, entries })
    return this.#name()
  }

  file(handle: Buffer): number | undefined {
    return this.#files.get(handle.readUInt32BE(0))
  }

  directory(handle: Buffer) {
    return this.#directories.get(handle.readUInt32BE(0))
  }

  async close(handle: Buffer): Promise<void> {
    const number = handle.readUInt32BE(0)
    const descriptor = this.#files.get(number)
    if (descriptor !== undefined) fs.closeSync(descriptor)
    await this.#directories.get(number)?.entries.close()
    this.#files.delete(number)
    this.#directories.delete(number)
  }

  #name(): Buffer {
    const name = Buffer.alloc(4)
    name.writeUInt32BE(this.#last)
    return name
  }
}

function serve(sftp: SFTPWrapper): void {
  const handles = new Handles()
  const place = (path: string) => join(root ?? '', join('/', path))
  const answer = (id: number) => (error: Error | null) => sftp.status(id, error ? status.FAILURE : status.OK)
  const answerStats = (id: number) => (error: Error | null, stats: fs.Stats) =>
    error ? sftp.status(id, status.NO_SUCH_FILE) : sftp.attrs(id, stats as unknown as Stats)
  sftp
    .on('REALPATH', (id, path) => sftp.name(id, [entryOf(join('/', path))]))
    .on('STAT', (id, path) => fs.stat(place(path), answerStats(id)))
    .on('LSTAT', (id, path) => fs.lstat(place(path), answerStats(id)))
    .on('FSTAT', (id, handle) => fs.fstat(handles.file(handle) ?? -1, answerStats(id)))
    .on('SETSTAT', (id) => sftp.status(id, status.OK))
    .on('FSETSTAT', (id) => sftp.status(id, status.OK))
    .on('MKDIR', (id, path) => fs.mkdir(place(path), answer(id)))
    .on('OPEN', (id, path, flags) => {
      fs.open(place(path), flagsToString(flags) ?? 'r', (error, descriptor) =>
        error ? sftp.status(id, status.NO_SUCH_FILE) : sftp.handle(id, handles.addFile(descriptor)),
      )
    })
    .on('READ', (id, handle, position, length) => {
      const bytes = Buffer.allocUnsafe(Math.min(length, 256 << 10))
      fs.read(handles.file(handle) ?? -1, bytes, 0, bytes.length, position, (error, count) => {
        if (error) sftp.status(id, status.FAILURE)
        else if (count === 0) sftp.status(id, status.EOF)
        else sftp.data(id, bytes.subarray(0, count))
      })
    })
    .on('WRITE', (id, handle, position, bytes) =>
      fs.write(handles.file(handle) ?? -1, bytes, 0, bytes.length, position, answer(id)),
    )
    .on('OPENDIR', (id, path) => {
      fs.opendir(place(path), { bufferSize: namesPerAnswer }, (error, entries) =>
        error
          ? sftp.status(id, status.NO_SUCH_FILE)
          : sftp.handle(id, handles.addDirectory(place(path), entries)),
      )
    })
    .on('READDIR', (id, handle) => {
      void readSome(handles.directory(handle)).then(
        (names) => (names.length > 0 ? sftp.name(id, names) : sftp.status(id, status.EOF)),
        () => sftp.status(id, status.FAILURE),
      )
    })
    .on('CLOSE', (id, handle) => void handles.close(handle).then(() => sftp.status(id, status.OK)))
    .on('end', () => sftp.end())
}

async function readSome(
  directory: { readonly path: string; readonly entries: fs.Dir } | undefined,
): Promise<FileEntry[]> {
  if (!directory) throw new Error('no such handle')
  const names: string[] = []
  while (names.length < namesPerAnswer) {
    const entry = await directory.entries.read()
    if (!entry) break
    names.push(entry.name)
  }
  return Promise.all(
    names.map(async (name) => entryOf(name, await fs.promises.lstat(join(directory.path, name)))),
  )
}

function entryOf(filename: string, stats?: fs.Stats): FileEntry {
  const { mode = 0, size = 0, uid = 0, gid = 0, mtime = new Date(0), nlink = 1 } = stats ?? {}
  const kind = stats?.isDirectory() ? 'd' : '-'
  const rights = [...'rwxrwxrwx'].map((letter, bit) => (mode & (0o400 >> bit) ? letter : '-')).join('')
  const time = mtime.toUTCString().slice(5, 22)
  const longname = `${kind}${rights} ${nlink} ${uid} ${gid} ${size} ${time} ${filename}`
  const seconds = Math.floor(mtime.getTime() / 1000)
  return { filename, longname, attrs: { mode, size, uid, gid, atime: seconds, mtime: seconds } }
}

const server = new ssh2.Server({ hostKeys: [hostKey ?? ''] }, (connection: Connection) => {
  // Without it small answers wait for the client's acknowledgement, 40 ms each time.
  ;(connection as Connection & { setNoDelay(isOn: boolean): void }).setNoDelay(true)
  connection
    .on('error', () => undefined)
    .on('authentication', authenticate)
    .on('session', (accept) => {
      accept().on('sftp', (acceptSftp) => serve(acceptSftp()))
    })
})
server.listen(0, '127.0.0.1', () =>
  console.log(JSON.stringify({ port: (server.address() as { port: number }).port })),
)
