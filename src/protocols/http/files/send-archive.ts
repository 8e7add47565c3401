import { once } from 'node:events'
import type { PassThrough } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { ZipFile } from 'yazl'
import { FileServerError, hasCode, toFileServerError } from '../../../core/errors.ts'
import type { Download } from '../../../core/files/download.ts'
import type { Entry } from '../../../core/files/storage.ts'
import type { UserFilesystem } from '../../../core/files/user-filesystem.ts'
import type { VirtualPath } from '../../../core/files/virtual-path.ts'
import { walkTree } from '../../../core/files/walk-tree.ts'
import { commonParent, entryName } from './archive-names.ts'
import { setDownloadHeaders } from './download-headers.ts'
import { piecesOf, toStream } from './file-stream.ts'

/** Quick rather than small: what is large is mostly compressed already. */
const compressionLevel = 1
const maxToldFailures = 10_000

/** Answers with a ZIP of `paths` and all they hold, made while it is sent. */
export function sendArchive(
  reply: FastifyReply,
  files: UserFilesystem,
  paths: readonly VirtualPath[],
  name: string,
): FastifyReply {
  setDownloadHeaders(reply, name, 'application/zip')
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort(new FileServerError('aborted', 'The client went away')))
  const archive = new Archive(files, commonParent(paths), gone.signal)
  void archive.fill(paths)
  return reply.send(archive.output)
}

/** One entry after the other goes in as the client takes what is made, in memory for one piece and the names. */
class Archive {
  readonly #files: UserFilesystem
  readonly #base: VirtualPath
  readonly #signal: AbortSignal
  readonly #zip = new ZipFile()
  readonly #topNames = new Set<string>()
  readonly #failures: string[] = []

  constructor(files: UserFilesystem, base: VirtualPath, signal: AbortSignal) {
    this.#files = files
    this.#base = base
    this.#signal = signal
    this.#zip.on('error', (error: Error) => this.output.destroy(error))
  }

  get output(): PassThrough {
    return this.#zip.outputStream as PassThrough
  }

  /** Never throws: an archive that cannot be made ends without its end, so that nobody takes it for whole. */
  async fill(paths: readonly VirtualPath[]): Promise<void> {
    try {
      for (const path of paths) await this.#addTree(path)
      this.#tellFailures()
      this.#zip.end()
    } catch (error) {
      this.output.destroy(toFileServerError(error))
    }
  }

  #addTree(root: VirtualPath): Promise<void> {
    return walkTree(
      this.#files,
      root,
      {
        enter: async () => true,
        visit: (path, entry) => this.#add(path, entry),
        leave: async (path, entry, count) => {
          if (count === 0 && path !== '/') await this.#addEmpty(path, entry)
        },
        fail: (path, error) => this.#note(path, error),
      },
      this.#signal,
    )
  }

  async #add(path: VirtualPath, listed: Entry): Promise<void> {
    const entry = listed.type === 'symlink' ? await this.#files.stat(path) : listed
    if (entry.type !== 'file') throw new FileServerError('unsupported', 'Neither a file nor a directory')
    const download = await this.#files.openDownload(path)
    try {
      await this.#send(path, entry, download)
      await download.close()
    } catch (error) {
      await download.fail(error)
      throw error
    }
  }

  /** Ends when all of the file has been taken; what cannot be read to its end is in the archive as far as it was. */
  async #send(path: VirtualPath, entry: Entry, download: Download): Promise<void> {
    let failure: unknown
    const pieces = untilFailure(piecesOf(download, 0, Infinity), (error) => {
      failure = error
    })
    const stream = toStream(pieces)
    const closed = once(stream, 'close')
    const stop = () => stream.destroy()
    this.#signal.addEventListener('abort', stop)
    try {
      this.#zip.addReadStream(stream, this.#nameFor(path), { ...datedLike(entry), compressionLevel })
      this.#signal.throwIfAborted()
      await closed
      this.#signal.throwIfAborted()
    } finally {
      stop()
      this.#signal.removeEventListener('abort', stop)
    }
    if (failure !== undefined) throw toFileServerError(failure)
  }

  /** Nothing waits for a directory to be taken, so the next one waits for room. */
  async #addEmpty(path: VirtualPath, entry: Entry): Promise<void> {
    this.#zip.addEmptyDirectory(this.#nameFor(path), datedLike(entry))
    if (this.output.writableNeedDrain) await once(this.output, 'drain', { signal: this.#signal })
  }

  #nameFor(path: VirtualPath): string {
    const name = entryName(this.#base, path)
    this.#topNames.add(name.split('/', 1)[0] ?? '')
    return name
  }

  /** @throws `error` when the session has ended: what is missing then is too much to be told. */
  #note(path: VirtualPath, error: unknown): void {
    if (hasCode(error, 'aborted')) throw error
    if (this.#failures.length < maxToldFailures)
      this.#failures.push(`${path.replaceAll(/\p{Cc}/gu, '_')}: ${toFileServerError(error).message}`)
  }

  #tellFailures(): void {
    if (this.#failures.length === 0) return
    let name = 'not included.txt'
    for (let i = 1; this.#topNames.has(name); i++) name = `not included ${i}.txt`
    const text = ['These are not in the archive, or not whole:', ...this.#failures, ''].join('\r\n')
    this.#zip.addBuffer(Buffer.from(text), name, { mtime: new Date(), mode: 0o100644 })
  }
}

/** An entry must have the size it turns out to have, so a failure ends it like the end of the file. */
async function* untilFailure(
  pieces: AsyncIterable<Buffer>,
  onFailure: (error: unknown) => void,
): AsyncGenerator<Buffer> {
  try {
    yield* pieces
  } catch (error) {
    onFailure(error)
  }
}

/** ZIP knows no time before 1980, and none after 2107. */
const firstTime = Date.UTC(1980, 0, 2)
const lastTime = Date.UTC(2107, 11, 30)

function datedLike({ modifiedAt, type }: Entry) {
  const mtime = new Date(Math.min(lastTime, Math.max(firstTime, modifiedAt)))
  return { mtime, mode: type === 'directory' ? 0o40755 : 0o100644 }
}
