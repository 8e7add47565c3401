import { constants } from 'node:fs'
import { FileServerError } from '../../core/errors.ts'
import type {
  Attributes,
  CommitOptions,
  Entry,
  ReadableFile,
  SocketDescriptor,
  StorageKey,
  WritableFile,
  WriteMode,
} from '../../core/files/storage.ts'
import type { DiskCalls } from './adaptive-disk.ts'
import type { HeldDirectory, Place } from './held-directory.ts'
import { descriptorPath } from './descriptor-path.ts'
import { isLink, toEntry } from './disk-entry.ts'
import { onDisk } from './disk-error.ts'
import { moveToFreeName, syncDirectory } from './durable-name.ts'
import { OpenFile } from './open-file.ts'
import { requireFile, setOpenFileAttributes } from './set-attributes.ts'
import { releaseStagedName } from './staged-name.ts'

export class LocalReadableFile implements ReadableFile {
  readonly entry: Entry
  readonly #file: OpenFile
  /** Bytes. */
  readonly #knownSize: number

  /** `knownSize`: Infinity for a file that is being written. */
  constructor(disk: DiskCalls, descriptor: number, entry: Entry, knownSize = entry.size) {
    this.#file = new OpenFile(disk, descriptor, knownSize)
    this.#knownSize = knownSize
    this.entry = entry
  }

  read(position: number, target: Uint8Array): Promise<number> {
    return this.readInto(position, [target])
  }

  readInto(position: number, targets: readonly Uint8Array[]): Promise<number> {
    return this.#file.use((disk, descriptor) =>
      readFully(disk, descriptor, position, targets, this.#knownSize),
    )
  }

  sendTo(socket: SocketDescriptor, position: number, length: number): Promise<number> {
    return this.#file.use((disk, descriptor) => disk.sendOnce(descriptor, position, length, socket))
  }

  stat(): Promise<Entry> {
    return this.#file.use(async (disk, descriptor) => toEntry(this.entry.name, await disk.fstat(descriptor)))
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** Where a staged file is kept, and where commit() puts it. The directory is released with the file. */
export interface Staging {
  readonly directory: HeldDirectory
  readonly stagedName: string
  readonly finalName: string
  /** Opens another place of the storage, to sync its directory. */
  readonly openPlace: (key: StorageKey) => Promise<Place>
}

export class LocalWritableFile implements WritableFile {
  readonly mode: WriteMode
  readonly initialSize: number
  readonly #name: string
  readonly #file: OpenFile
  /** None for a file written in place. */
  #staging: Staging | undefined
  /** Takes only a free name. */
  #isExclusive: boolean
  /** Its staged name is gone. */
  #hasLeftStage = false
  /** Bytes; unknown until somebody asks what will be replaced. */
  #replacedBytes: number | undefined
  #ended: Promise<void> | undefined

  constructor(
    disk: DiskCalls,
    descriptor: number,
    properties: { mode: WriteMode; name: string; initialSize: number; staging?: Staging },
  ) {
    this.#file = new OpenFile(disk, descriptor, properties.staging ? 0 : properties.initialSize)
    this.mode = properties.mode
    this.#isExclusive = properties.mode === 'create'
    this.#name = properties.name
    this.initialSize = properties.initialSize
    this.#staging = properties.staging
  }

  write(position: number, chunks: readonly Uint8Array[]): Promise<void> {
    this.#file.reach(chunks.reduce((end, chunk) => end + chunk.length, position))
    return this.#file.use((disk, descriptor) => writeFully(disk, descriptor, position, chunks))
  }

  read(position: number, target: Uint8Array): Promise<number> {
    return this.#file.use((disk, descriptor) => readFully(disk, descriptor, position, [target]))
  }

  openReader(): Promise<ReadableFile> {
    return this.#file.use(async (disk, descriptor) => {
      // Anew by its descriptor: whatever has become of its name.
      const reader = await disk.openDescriptor(descriptorPath(descriptor), constants.O_RDONLY)
      try {
        const entry = toEntry(this.#name, await disk.fstat(reader))
        return new LocalReadableFile(disk, reader, entry, Infinity)
      } catch (error) {
        disk.closeFile(reader)
        throw error
      }
    })
  }

  truncate(size: number): Promise<void> {
    this.#file.reach(size)
    return this.#file.use((disk, descriptor) => disk.ftruncate(descriptor, size))
  }

  setAttributes(attributes: Attributes): Promise<void> {
    return this.#file.use((disk, descriptor) => setOpenFileAttributes(disk, descriptor, attributes))
  }

  stat(): Promise<Entry> {
    return this.#file.use(async (disk, descriptor) => toEntry(this.#name, await disk.fstat(descriptor)))
  }

  async replaced(): Promise<Entry | undefined> {
    const staging = this.#staging
    if (!staging) return undefined
    const { directory, finalName } = staging
    const stats = await onDisk(() => directory.lookUp(finalName))
    this.#replacedBytes = stats?.size ?? 0
    // A link that came meanwhile goes; what it leads to stays.
    if (!stats || isLink(stats)) return undefined
    const entry = toEntry(this.#name, stats)
    requireFile(entry)
    return entry
  }

  sync(): Promise<void> {
    return this.#file.use((disk, descriptor) => disk.fdatasync(descriptor))
  }

  moveTo(key: StorageKey): Promise<void> {
    return this.#onStage(async (staging) => {
      const { directory, stagedName } = staging
      const place = await staging.openPlace(key)
      try {
        await directory.disk.rename(directory.at(stagedName), place.directory.at(stagedName))
      } catch (error) {
        place[Symbol.dispose]()
        throw error
      }
      this.#staging = { ...staging, directory: place.directory, finalName: place.name }
      this.#isExclusive = false
      directory[Symbol.dispose]()
    })
  }

  forsakeName(): Promise<void> {
    return this.#onStage(async ({ directory, stagedName }) => {
      await directory.disk.unlink(directory.at(stagedName))
      this.#hasLeftStage = true
    })
  }

  /** @throws 'aborted' for one that is written in place, has ended or is in no directory */
  #onStage(work: (staging: Staging) => Promise<void>): Promise<void> {
    const staging = this.#staging
    if (!staging || this.#ended || this.#hasLeftStage)
      return Promise.reject(new FileServerError('aborted', 'The file is not staged any more'))
    return onDisk(() => work(staging))
  }

  async commit({ onlyIfFree = false, beforeName }: CommitOptions = {}): Promise<void> {
    if (this.#ended) throw new FileServerError('aborted', 'The file is closed')
    const committed = this.#commit(onlyIfFree || this.#isExclusive, beforeName)
    this.#ended = committed.catch(() => {})
    return committed
  }

  discard(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #commit(onlyIfFree: boolean, beforeName: CommitOptions['beforeName']): Promise<void> {
    try {
      await this.sync()
      await beforeName?.()
      await this.#publish(onlyIfFree)
    } finally {
      await this.#end()
    }
  }

  async #publish(onlyIfFree: boolean): Promise<void> {
    const staging = this.#staging
    if (!staging) return
    const { directory, stagedName, finalName } = staging
    await onDisk(async () => {
      const [staged, final] = [directory.at(stagedName), directory.at(finalName)]
      if (onlyIfFree) await moveToFreeName(directory.disk, staged, final)
      else await directory.disk.rename(staged, final, this.#replacedBytes)
      this.#hasLeftStage = true
      await syncDirectory(directory)
    })
  }

  async #end(): Promise<void> {
    await this.#file.close()
    if (!this.#staging) return
    const { directory, stagedName } = this.#staging
    if (!this.#hasLeftStage) await directory.disk.unlink(directory.at(stagedName)).catch(() => {})
    directory[Symbol.dispose]()
    releaseStagedName(stagedName)
  }
}

/** A short read that ends where the file ended at `knownSize` is its end; any other one is asked again. */
async function readFully(
  disk: DiskCalls,
  descriptor: number,
  position: number,
  targets: readonly Uint8Array[],
  knownSize = Infinity,
): Promise<number> {
  let rest = targets.filter((target) => target.length > 0)
  let filled = 0
  while (rest.length > 0) {
    const count = await disk.readOnce(descriptor, position + filled, rest)
    filled += count
    rest = withoutFirst(rest, count)
    if (count === 0 || (rest.length > 0 && position + filled >= knownSize)) break
  }
  return filled
}

async function writeFully(
  disk: DiskCalls,
  descriptor: number,
  position: number,
  chunks: readonly Uint8Array[],
): Promise<void> {
  let rest = chunks.filter((chunk) => chunk.length > 0)
  let next = position
  while (rest.length > 0) {
    const written = await disk.writeOnce(descriptor, next, rest)
    if (written === 0) throw new FileServerError('storage-failure', 'The storage accepts no more bytes')
    next += written
    rest = withoutFirst(rest, written)
  }
}

function withoutFirst(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const rest = [...chunks]
  let left = bytes
  for (let first = rest[0]; first && left >= first.length; first = rest[0]) {
    left -= first.length
    rest.shift()
  }
  if (rest[0] && left > 0) rest[0] = rest[0].subarray(left)
  return rest
}
