import { isPattern } from '../../core/accounts/glob.ts'
import { hasCode, toFileServerError } from '../../core/errors.ts'
import type { Download } from '../../core/files/download.ts'
import type { Entry } from '../../core/files/storage.ts'
import type { UserFilesystem } from '../../core/files/user-filesystem.ts'
import { joinPath, nameOf, type VirtualPath } from '../../core/files/virtual-path.ts'
import type { ExecStream } from './exec-stream.ts'
import { findMatches } from './scp-patterns.ts'
import { readReply, type ScpRequest, scpPath, sendWarning } from './scp.ts'

const chunkBytes = 256 * 1024

/** The other side wants no more. */
class Refused extends Error {
  override readonly name = 'Refused'
}

/** Sends what scp -f asked for; answers the exit status. */
export async function sendFiles(
  files: UserFilesystem,
  stream: ExecStream,
  request: ScpRequest,
): Promise<number> {
  const source = new Source(files, stream, request)
  try {
    if ((await readReply(stream)).kind !== 'ok') return 1
    for (const [index, text] of request.paths.entries())
      await source.sendPath(text, request.patterns[index] ?? '')
    return source.status
  } catch (error) {
    if (error instanceof Refused) return 1
    throw error
  }
}

class Source {
  status = 0
  readonly #files: UserFilesystem
  readonly #stream: ExecStream
  readonly #request: ScpRequest

  constructor(files: UserFilesystem, stream: ExecStream, request: ScpRequest) {
    this.#files = files
    this.#stream = stream
    this.#request = request
  }

  /** A pattern means what it matches where nothing is called so: the client leaves that to our side. */
  async sendPath(text: string, pattern: string): Promise<void> {
    await this.#orWarn(text, async () => {
      const path = scpPath(this.#files, text)
      let entry: Entry
      try {
        entry = await this.#files.stat(path)
      } catch (error) {
        if (hasCode(error, 'not-found') && isPattern(pattern) && (await this.#sendMatches(pattern))) return
        throw error
      }
      await this.#send(path, entry)
    })
  }

  /** False when there are none. */
  async #sendMatches(pattern: string): Promise<boolean> {
    let isAny = false
    for await (const path of findMatches(this.#files, pattern, this.#stream)) {
      isAny = true
      await this.#orWarn(path, async () => this.#send(path, await this.#files.stat(path)))
    }
    return isAny
  }

  async #send(path: VirtualPath, entry: Entry): Promise<void> {
    if (entry.type === 'file') return this.#sendFile(path)
    if (entry.type !== 'directory') return this.#warn(path, 'Not a regular file')
    if (!this.#request.isRecursive) return this.#warn(path, 'Is a directory')
    return this.#sendDirectory(path, entry)
  }

  async #sendDirectory(path: VirtualPath, entry: Entry): Promise<void> {
    if (!(await this.#announce(entry, `D${mode(entry)} 0 ${shownName(path)}\n`))) return
    await this.#orWarn(path, async () => {
      for await (const batch of this.#files.list(path))
        for (const { name } of batch) {
          const child = joinPath(path, name)
          await this.#orWarn(child, async () => this.#send(child, await this.#files.stat(child)))
        }
    })
    await this.#expectOk('E\n')
  }

  async #sendFile(path: VirtualPath): Promise<void> {
    const download = await this.#files.openDownload(path)
    try {
      const { entry } = download
      if (await this.#announce(entry, `C${mode(entry)} ${entry.size} ${shownName(path)}\n`))
        await this.#sendBytes(download)
      await download.close()
    } catch (error) {
      await download.fail(error)
      throw error
    }
  }

  /** As many bytes as were announced, whatever becomes of the file meanwhile. */
  async #sendBytes(download: Download): Promise<void> {
    const { size } = download.entry
    let failure: unknown
    for (let position = 0; position < size;) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, size - position))
      const count =
        failure === undefined
          ? await download.read(position, chunk).catch((error: unknown) => ((failure = error), 0))
          : 0
      if (count === 0) {
        chunk.fill(0)
        failure ??= new Error('The file became shorter')
      }
      const sent = count === 0 ? chunk : chunk.subarray(0, count)
      await this.#stream.write(sent)
      position += sent.length
    }
    if (failure !== undefined) {
      await this.#warn(download.path, 'The file could not be read to its end')
      await this.#readOk()
      throw toFileServerError(failure)
    }
    await this.#expectOk('\0')
  }

  /** False when the other side leaves this one out. */
  async #announce(entry: Entry, line: string): Promise<boolean> {
    if (this.#request.keepsAttributes)
      await this.#expectOk(`T${seconds(entry.modifiedAt)} 0 ${seconds(entry.accessedAt)} 0\n`)
    await this.#stream.write(line)
    return this.#readOk()
  }

  async #expectOk(text: string): Promise<void> {
    await this.#stream.write(text)
    await this.#readOk()
  }

  async #readOk(): Promise<boolean> {
    const reply = await readReply(this.#stream)
    if (reply.kind === 'fatal') throw new Refused(reply.message)
    if (reply.kind === 'warning') this.status = 1
    return reply.kind === 'ok'
  }

  async #orWarn(name: string, task: () => Promise<void>): Promise<void> {
    try {
      await task()
    } catch (error) {
      if (error instanceof Refused) throw error
      await this.#warn(name, toFileServerError(error).message)
    }
  }

  async #warn(name: string, message: string): Promise<void> {
    this.status = 1
    await sendWarning(this.#stream, name, message)
  }
}

/** A name must not be able to end its line: what followed would be taken for our own words. OpenSSH writes it so. */
function shownName(path: VirtualPath): string {
  return nameOf(path).replaceAll('\n', '\\^J')
}

function mode(entry: Entry): string {
  return (entry.mode & 0o7777).toString(8).padStart(4, '0')
}

function seconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000))
}
