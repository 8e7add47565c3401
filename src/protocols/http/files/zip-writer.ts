import { promisify } from 'node:util'
import { crc32, createDeflateRaw, type DeflateRaw, deflateRaw, deflateRawSync } from 'node:zlib'
import { FileServerError } from '../../../core/errors.ts'
import {
  centralRecord,
  dataDescriptor,
  endRecords,
  localHeader,
  type ZipContent,
  type ZipEntry,
} from './zip-records.ts'

/** Quick rather than small. */
const level = 1
/** Less is kept back until there is more, for every write costs a system call. */
const pieceBytes = 64 * 1024
/** So much of a file is looked at to tell whether it can be compressed. */
const sampleBytes = 16 * 1024
const smallestSampleBytes = 512
/** Above this the sizes of a streamed entry get eight bytes; deflate may make it a little larger than it is. */
const largeBytes = 0xf0000000
const nothing: ZipContent = { crc: 0, size: 0, compressedSize: 0 }

/** Compressed at once, in about a tenth of a millisecond: the way to the thread pool and back takes as long. */
const instantBytes = 16 * 1024
const deflated = promisify<Buffer, { level: number }, Buffer>(deflateRaw)

export interface ZipFileFacts {
  readonly name: string
  readonly modifiedAt: number
}

/** Takes the archive piece by piece; the promise is waited for. */
export type ZipOutput = (piece: Buffer) => Promise<void>

/** Writes a ZIP archive of any size, one entry after the other, in memory for one piece and the names. */
export class ZipWriter {
  readonly #output: ZipOutput
  readonly #central: Buffer[] = []
  #offset = 0
  #waiting: Buffer[] = []
  #waitingBytes = 0

  constructor(output: ZipOutput) {
    this.#output = output
  }

  async addDirectory({ name, modifiedAt }: ZipFileFacts): Promise<void> {
    const entry = { ...asEntry(`${name}/`, modifiedAt), mode: 0o40755 }
    await this.#addWhole(entry, nothing, Buffer.alloc(0))
  }

  /** A file that is in memory as a whole. `content` may change when the promise has resolved. */
  async addSmall({ name, modifiedAt }: ZipFileFacts, content: Buffer): Promise<void> {
    const entry = asEntry(name, modifiedAt)
    const smaller = await compressed(content)
    const isDeflated = smaller !== undefined
    const body = smaller ?? Buffer.from(content)
    const facts = { crc: crc32(content), size: content.length, compressedSize: body.length }
    await this.#addWhole({ ...entry, isDeflated }, facts, body)
  }

  /**
   * A file of any size, which `feed` gives piece by piece to its argument; `first` is where it begins, for a look.
   * What `feed` throws is thrown after the entry has been ended with what there was.
   */
  async addStreamed(
    { name, modifiedAt, size }: ZipFileFacts & { readonly size: number },
    first: Buffer,
    feed: Feed,
  ): Promise<void> {
    const isLarge = size >= largeBytes
    // Also what is not compressed: many readers do not find the end of a stored entry whose size follows it.
    const entry = { ...asEntry(name, modifiedAt), isDeflated: true, isStreamed: true, isLarge }
    const deflate = createDeflateRaw({ level: isCompressible(first) ? level : 0, chunkSize: pieceBytes })
    const offset = this.#offset
    await this.#write(localHeader(entry, nothing))
    const start = this.#offset
    let crc = 0
    let length = 0
    const count = (piece: Buffer): void => {
      crc = crc32(piece, crc)
      length += piece.length
      if (!isLarge && length > largeBytes)
        throw new FileServerError('storage-failure', 'The file grew too much meanwhile')
    }
    const failure = await this.#pass(deflate, feed, count)
    const content = { crc, size: length, compressedSize: this.#offset - start }
    await this.#write(dataDescriptor(entry, content))
    this.#central.push(centralRecord(entry, content, offset))
    if (failure) throw failure.error
  }

  async end(): Promise<void> {
    const start = this.#offset
    for (const record of this.#central) await this.#write(record)
    await this.#write(endRecords(this.#central.length, start, this.#offset))
    await this.#flush()
  }

  async #addWhole(entry: ZipEntry, content: ZipContent, body: Buffer): Promise<void> {
    this.#central.push(centralRecord(entry, content, this.#offset))
    await this.#write(localHeader(entry, content))
    await this.#write(body)
  }

  async #pass(deflate: DeflateRaw, feed: Feed, count: (piece: Buffer) => void): Promise<Failure | undefined> {
    const fed = failureOf(feed, async (piece) => {
      count(piece)
      await new Promise<void>((resolve, reject) => {
        deflate.write(piece, (error) => (error ? reject(error) : resolve()))
      })
    })
    void fed.then(() => deflate.end())
    try {
      for await (const piece of deflate) await this.#write(piece as Buffer)
    } finally {
      // Nobody takes the rest: whoever feeds hears of it.
      deflate.destroy()
    }
    return fed
  }

  async #write(piece: Buffer): Promise<void> {
    this.#offset += piece.length
    this.#waiting.push(piece)
    this.#waitingBytes += piece.length
    if (this.#waitingBytes >= pieceBytes) await this.#flush()
  }

  async #flush(): Promise<void> {
    if (this.#waitingBytes === 0) return
    const whole = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    if (whole) await this.#output(whole)
  }
}

/** Undefined where it would not become smaller. */
async function compressed(content: Buffer): Promise<Buffer | undefined> {
  if (!isCompressible(content)) return undefined
  const isInstant = content.length <= instantBytes
  const smaller = isInstant ? deflateRawSync(content, { level }) : await deflated(content, { level })
  return smaller.length < content.length ? smaller : undefined
}

type Feed = (take: (piece: Buffer) => Promise<void>) => Promise<void>
interface Failure {
  readonly error: unknown
}

async function failureOf(feed: Feed, take: (piece: Buffer) => Promise<void>): Promise<Failure | undefined> {
  try {
    await feed(take)
    return undefined
  } catch (error) {
    return { error }
  }
}

function asEntry(name: string, modifiedAt: number): ZipEntry {
  return {
    name: Buffer.from(name),
    modifiedAt,
    mode: 0o100644,
    isDeflated: false,
    isStreamed: false,
    isLarge: false,
  }
}

const histogram = new Uint32Array(256)

/**
 * False when all byte values are about as frequent, as in what is compressed or encrypted already: deflate would only
 * spend time on it. The sum of the squared counts is least then; text has many times as much.
 */
export function isCompressible(content: Buffer): boolean {
  if (content.length < smallestSampleBytes) return content.length > 0
  const sample = content.subarray(0, sampleBytes)
  histogram.fill(0)
  // By index: an iterator takes five times as long, and this is asked of every file.
  for (let i = 0; i < sample.length; i++) {
    const byte = sample[i] ?? 0
    histogram[byte] = (histogram[byte] ?? 0) + 1
  }
  let squares = 0
  for (let byte = 0; byte < 256; byte++) squares += (histogram[byte] ?? 0) ** 2
  const evenly = sample.length + (sample.length * (sample.length - 1)) / 256
  return squares > evenly * 1.1
}
