import { isUtf8 } from 'node:buffer'
import { FileServerError, hasCode, toFileServerError } from '../../core/errors.ts'
import type { Attributes } from '../../core/files/storage.ts'
import type { Upload } from '../../core/files/upload.ts'
import type { UserFilesystem } from '../../core/files/user-filesystem.ts'
import { joinPath, type VirtualPath } from '../../core/files/virtual-path.ts'
import type { ExecStream } from './exec-stream.ts'
import { readReply, type ScpRequest, scpPath, sendWarning } from './scp.ts'

const maxLineBytes = 8 * 1024
const chunkBytes = 256 * 1024
const maxDepth = 128

type Times = Pick<Attributes, 'modifiedAt' | 'accessedAt'>
/** What `-p` keeps of an entry; nothing without it. */
type Kept = Times & Pick<Attributes, 'mode'>

/** Takes in what an scp sends; answers the exit status. */
export async function receiveFiles(
  files: UserFilesystem,
  stream: ExecStream,
  request: ScpRequest,
): Promise<number> {
  const target = scpPath(files, request.paths[0] ?? '.')
  const isDirectory = await isExistingDirectory(files, target)
  if (request.wantsDirectory && !isDirectory) throw new FileServerError('not-a-directory', 'Not a directory')
  const sink = new Sink(files, stream, request)
  await stream.write('\0')
  await sink.receiveInto(target, { isDirectory, depth: 0 })
  return sink.status
}

class Sink {
  status = 0
  readonly #files: UserFilesystem
  readonly #stream: ExecStream
  readonly #request: ScpRequest

  constructor(files: UserFilesystem, stream: ExecStream, request: ScpRequest) {
    this.#files = files
    this.#stream = stream
    this.#request = request
  }

  /** Until the end of this directory, or of the connection at the top. */
  async receiveInto(target: VirtualPath, at: { isDirectory: boolean; depth: number }): Promise<void> {
    let times: Times = {}
    for (;;) {
      const line = await this.#stream.readLine(maxLineBytes)
      if (!line) {
        if (at.depth > 0) throw new FileServerError('aborted', 'The connection was lost')
        return
      }
      const text = line.toString()
      switch (text[0]) {
        case '\x01':
          this.status = 1
          continue
        case '\x02':
          throw new FileServerError('aborted', 'The client gave up')
        case 'T':
          times = parseTimes(text)
          await this.#stream.write('\0')
          continue
        case 'E':
          if (at.depth === 0) throw protocolError()
          await this.#stream.write('\0')
          return
        case 'C':
        case 'D': {
          const { mode, size, name } = parseEntry(text)
          if (at.isDirectory && !isUtf8(line)) {
            times = {}
            await this.#leaveOut(name)
            continue
          }
          const path = at.isDirectory ? joinPath(target, name) : target
          const kept: Kept = this.#request.keepsAttributes ? { ...times, mode } : {}
          times = {}
          if (text[0] === 'C') await this.#receiveFile(path, size, kept)
          else await this.#receiveDirectory(path, kept, at.depth + 1)
          continue
        }
        default:
          throw protocolError()
      }
    }
  }

  /** What is no UTF-8 reads as U+FFFD: several names would become one. The sender goes on with what follows. */
  async #leaveOut(name: string): Promise<void> {
    this.status = 1
    await sendWarning(this.#stream, name, 'The name is not valid UTF-8')
  }

  async #receiveDirectory(path: VirtualPath, kept: Kept, depth: number): Promise<void> {
    if (!this.#request.isRecursive || depth > maxDepth) throw protocolError()
    try {
      if (!(await isExistingDirectory(this.#files, path))) await this.#files.makeDirectory(path)
    } catch (error) {
      // The sender of a directory knows no way to leave it out.
      await this.#stream.write(`\x02scp: ${path}: ${toFileServerError(error).message}\n`)
      throw error
    }
    await this.#stream.write('\0')
    await this.receiveInto(path, { isDirectory: true, depth })
    await this.#keep(path, kept)
  }

  async #receiveFile(path: VirtualPath, size: number, kept: Kept): Promise<void> {
    let upload: Upload
    try {
      upload = await this.#files.openUpload(path, { existing: 'replace', missing: 'create' })
    } catch (error) {
      this.status = 1
      return sendWarning(this.#stream, path, toFileServerError(error).message)
    }
    let failure: unknown
    try {
      await this.#stream.write('\0')
      failure = await this.#receiveBytes(upload, size)
      const reply = await readReply(this.#stream)
      if (reply.kind === 'fatal') throw unsent()
      if (reply.kind === 'warning') {
        // What it could not read it has sent as zeros; it goes on with the next file.
        await upload.discard(unsent())
        this.status = 1
        return await this.#stream.write('\0')
      }
    } catch (error) {
      await upload.abort(toFileServerError(error))
      throw error
    }
    try {
      if (failure !== undefined) throw toFileServerError(failure)
      await upload.finish()
      await this.#keep(path, kept)
    } catch (error) {
      await upload.abort(toFileServerError(error))
      this.status = 1
      return sendWarning(this.#stream, path, toFileServerError(error).message)
    }
    await this.#stream.write('\0')
  }

  /** Takes all bytes off the stream, also when they can no longer be stored; answers why they could not. */
  async #receiveBytes(upload: Upload, size: number): Promise<unknown> {
    let failure: unknown
    for (let position = 0; position < size;) {
      const bytes = await this.#stream.readAvailable(Math.min(chunkBytes, size - position))
      if (!bytes) throw new FileServerError('aborted', 'The connection was lost')
      if (failure === undefined)
        await upload.write(position, bytes.chunks).catch((error: unknown) => void (failure = error))
      position += bytes.length
    }
    return failure
  }

  /** Who may not set modes gets that of all files: a copy that is there is better than a warning for each file. */
  async #keep(path: VirtualPath, { mode, ...times }: Kept): Promise<void> {
    if (mode !== undefined)
      await this.#files.setAttributes(path, { mode }).catch((error: unknown) => {
        if (!hasCode(error, 'permission-denied')) throw error
      })
    if (Object.keys(times).length > 0) await this.#files.setAttributes(path, times)
  }
}

async function isExistingDirectory(files: UserFilesystem, path: VirtualPath): Promise<boolean> {
  // Who may put files there need not be allowed to look.
  if (path === files.startDirectory) return true
  try {
    return (await files.stat(path)).type === 'directory'
  } catch (error) {
    if (hasCode(error, 'not-found') || hasCode(error, 'permission-denied')) return false
    throw error
  }
}

/** `C0644 123 name`; joinPath refuses a name that is a path. */
function parseEntry(line: string): { mode: number; size: number; name: string } {
  const match = /^[CD]([0-7]{4}) (\d{1,16}) (.+)$/s.exec(line)
  const mode = parseInt(match?.[1] ?? '', 8)
  const size = Number(match?.[2])
  const name = match?.[3]
  if (name === undefined || !Number.isSafeInteger(size)) throw protocolError()
  return { mode, size, name }
}

/** `T<modified> 0 <accessed> 0`, in seconds. */
function parseTimes(line: string): Times {
  const match = /^T(\d{1,12}) \d{1,6} (\d{1,12}) \d{1,6}$/.exec(line)
  if (!match) throw protocolError()
  return { modifiedAt: Number(match[1]) * 1000, accessedAt: Number(match[2]) * 1000 }
}

function unsent(): FileServerError {
  return new FileServerError('aborted', 'The client could not send the file')
}

function protocolError(): FileServerError {
  return new FileServerError('invalid-argument', 'The client does not keep to the protocol of scp')
}
