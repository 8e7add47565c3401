import type { OutgoingHttpHeaders } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { FileServerError, hasCode, toFileServerError } from '../../../core/errors.ts'
import { transferBuffers } from '../../../core/files/buffer-pool.ts'
import type { Download } from '../../../core/files/download.ts'
import { pumpDownload } from '../../../core/files/pump-download.ts'
import type { Entry } from '../../../core/files/storage.ts'
import type { UserFilesystem } from '../../../core/files/user-filesystem.ts'
import type { VirtualPath } from '../../../core/files/virtual-path.ts'
import { walkTree } from '../../../core/files/walk-tree.ts'
import { commonParent, EntryNames } from './archive-names.ts'
import { setDownloadHeaders } from './download-headers.ts'
import { ResponseSink } from './response-sink.ts'
import { ZipWriter } from './zip-writer.ts'

const maxToldFailures = 10_000
/** Small files that go in before others have their turn on the event loop. */
const maxBurstEntries = 16

/** Answers with a ZIP of `paths` and all they hold, made while it is sent. */
export function sendArchive(
  reply: FastifyReply,
  files: UserFilesystem,
  paths: readonly VirtualPath[],
  name: string,
): FastifyReply {
  setDownloadHeaders(reply, name, 'application/zip')
  const { raw: response } = reply
  const gone = new AbortController()
  response.once('close', () => gone.abort(new FileServerError('aborted', 'The client went away')))
  reply.hijack()
  response.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders)
  const sink = new ResponseSink(response)
  const archive = new Archive(files, commonParent(paths), {
    writer: new ZipWriter((piece) => sink.write(piece)),
    signal: gone.signal,
  })
  archive.fill(paths).then(
    () => response.end(),
    // It ends without its end, so that nobody takes it for whole.
    () => response.destroy(),
  )
  return reply
}

/** One entry after the other goes in as the client takes what is made, in memory for one piece and the names. */
class Archive {
  readonly #files: UserFilesystem
  readonly #names: EntryNames
  readonly #signal: AbortSignal
  readonly #writer: ZipWriter
  readonly #topNames = new Set<string>()
  readonly #failures: string[] = []
  #burst = 0

  constructor(
    files: UserFilesystem,
    base: VirtualPath,
    { writer, signal }: { writer: ZipWriter; signal: AbortSignal },
  ) {
    this.#files = files
    this.#names = new EntryNames(base, (path) => isThere(files, path))
    this.#signal = signal
    this.#writer = writer
  }

  /** @throws when the archive cannot be made */
  async fill(paths: readonly VirtualPath[]): Promise<void> {
    const roots = new Set(paths)
    for (const root of roots) await this.#addTree(root, roots)
    await this.#tellFailures()
    await this.#writer.end()
  }

  /** What is a root of its own comes once, by itself. */
  #addTree(root: VirtualPath, roots: ReadonlySet<VirtualPath>): Promise<void> {
    const isOther = (path: VirtualPath): boolean => path !== root && roots.has(path)
    return walkTree(
      this.#files,
      root,
      {
        enter: async (path) => !isOther(path),
        visit: async (path, entry) => (isOther(path) ? undefined : this.#add(path, entry)),
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

  /** What cannot be read to its end is in the archive as far as it was. */
  async #send(path: VirtualPath, entry: Entry, download: Download): Promise<void> {
    this.#signal.throwIfAborted()
    const first = transferBuffers.take()
    const count = await download.read(0, first)
    const facts = { name: await this.#nameFor(path), modifiedAt: timeOf(entry), size: download.entry.size }
    if (count < first.length) await this.#writer.addSmall(facts, first.subarray(0, count))
    else
      await this.#writer.addStreamed(facts, first, async (take) => {
        await take(first)
        const sink = { write: take, isFlushed: false }
        await pumpDownload(download, { start: count, end: Infinity }, sink)
      })
    transferBuffers.give(first)
    this.#signal.throwIfAborted()
    if (++this.#burst % maxBurstEntries === 0) await setImmediate()
  }

  async #addEmpty(path: VirtualPath, entry: Entry): Promise<void> {
    await this.#writer.addDirectory({ name: await this.#nameFor(path), modifiedAt: timeOf(entry) })
  }

  async #nameFor(path: VirtualPath): Promise<string> {
    const name = await this.#names.nameOf(path)
    this.#topNames.add(name.split('/', 1)[0] ?? '')
    return name
  }

  /** @throws `error` when the session has ended: what is missing then is too much to be told. */
  #note(path: VirtualPath, error: unknown): void {
    if (hasCode(error, 'aborted')) throw error
    if (this.#failures.length < maxToldFailures)
      this.#failures.push(`${path.replaceAll(/\p{Cc}/gu, '_')}: ${toFileServerError(error).message}`)
  }

  async #tellFailures(): Promise<void> {
    if (this.#failures.length === 0) return
    let name = 'not included.txt'
    for (let i = 1; this.#topNames.has(name); i++) name = `not included ${i}.txt`
    const text = ['These are not in the archive, or not whole:', ...this.#failures, ''].join('\r\n')
    await this.#writer.addSmall({ name, modifiedAt: Date.now() }, Buffer.from(text))
  }
}

async function isThere(files: UserFilesystem, path: VirtualPath): Promise<boolean> {
  try {
    await files.lstat(path)
    return true
  } catch {
    return false
  }
}

/** ZIP knows no time before 1980, and none after 2107. */
const firstTime = Date.UTC(1980, 0, 2)
const lastTime = Date.UTC(2107, 11, 30)

function timeOf({ modifiedAt }: Entry): number {
  return Math.min(lastTime, Math.max(firstTime, modifiedAt))
}
