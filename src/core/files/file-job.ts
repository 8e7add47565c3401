import { FileServerError, hasCode, toFileServerError, type ErrorCode, type RefusalReason } from '../errors.ts'
import type { Entry } from './storage.ts'
import type { UserFilesystem } from './user-filesystem.ts'
import { isWithin, joinPath, nameOf, type VirtualPath } from './virtual-path.ts'
import { walkTree, type TreeVisitor } from './walk-tree.ts'

/** Failures that are told one by one. */
const maxFailures = 100

export type FileJobOrder =
  | { readonly action: 'delete'; readonly paths: readonly VirtualPath[] }
  | {
      readonly action: 'copy' | 'move'
      readonly paths: readonly VirtualPath[]
      /** Directory to copy or move into. */
      readonly target: VirtualPath
      /** Replaces files of the same name, and puts directories together. */
      readonly overwrite: boolean
    }

export interface FileJobFailure {
  readonly path: VirtualPath
  readonly code: ErrorCode
  readonly message: string
  readonly reason: RefusalReason | undefined
}

/** 'failed': something was not done. */
export type FileJobState = 'running' | 'done' | 'failed' | 'cancelled'

/** Copies, moves or removes trees, one entry after the other; what fails is noted and the rest goes on. */
export class FileJob {
  readonly action: FileJobOrder['action']
  readonly #files: UserFilesystem
  #order: FileJobOrder
  readonly #ending = new AbortController()
  readonly #signal: AbortSignal
  readonly #failures: FileJobFailure[] = []
  #state: FileJobState = 'running'
  #doneFiles = 0
  #doneBytes = 0
  #failedCount = 0
  #current: VirtualPath

  /** `signal` ends it with the session. */
  constructor(files: UserFilesystem, order: FileJobOrder, signal: AbortSignal) {
    this.#files = files
    this.#order = order
    this.#signal = AbortSignal.any([signal, this.#ending.signal])
    this.action = order.action
    this.#current = order.paths[0] ?? ('/' as VirtualPath)
  }

  get state(): FileJobState {
    return this.#state
  }

  get doneFiles(): number {
    return this.#doneFiles
  }

  get doneBytes(): number {
    return this.#doneBytes
  }

  /** The path being dealt with. */
  get current(): VirtualPath {
    return this.#current
  }

  /** The first hundred. */
  get failures(): readonly FileJobFailure[] {
    return this.#failures
  }

  get failedCount(): number {
    return this.#failedCount
  }

  cancel(): void {
    this.#ending.abort(new FileServerError('aborted', 'The job was cancelled'))
  }

  /** Never throws: how it went is in `state` and `failures`. */
  async run(): Promise<void> {
    try {
      for (const path of this.#order.paths) {
        this.#signal.throwIfAborted()
        this.#current = path
        await this.#deal(path).catch((error: unknown) => this.#fail(path, error))
      }
      this.#signal.throwIfAborted()
      this.#state = this.#failedCount > 0 ? 'failed' : 'done'
    } catch {
      this.#state = 'cancelled'
    }
    // It can be megabytes, and how a job went is remembered for a while.
    this.#order = { action: 'delete', paths: [] }
  }

  async #deal(path: VirtualPath): Promise<void> {
    if (path === '/') throw new FileServerError('unsupported', 'Not possible with the root directory')
    const order = this.#order
    if (order.action === 'delete') return this.#delete(path)
    const to = joinPath(order.target, nameOf(path))
    if (this.#files.isInside(path, order.target) || path === to)
      throw new FileServerError('unsupported', 'Source and target are the same, or one is in the other', {
        reason: 'into-itself',
      })
    if (order.action === 'copy') await this.#walk(path, this.#copying(path, to, order.overwrite))
    else await this.#move(path, to, order.overwrite)
  }

  async #delete(path: VirtualPath): Promise<void> {
    if (this.#files.marksOf(path).isFixed)
      throw new FileServerError('permission-denied', 'A mounted folder cannot be moved or removed', {
        reason: 'mounted-folder',
      })
    await this.#walk(path, {
      enter: async () => true,
      visit: async (file) => {
        await this.#files.removeFile(file)
        this.#doneFiles++
      },
      leave: async (directory) => {
        await this.#files.removeDirectory(directory)
        this.#doneFiles++
      },
    })
  }

  /** By a rename where that is possible; across storages, or into a directory that exists, entry by entry. */
  async #move(path: VirtualPath, to: VirtualPath, overwrite: boolean): Promise<void> {
    try {
      await this.#files.rename(path, to, { replace: overwrite })
      this.#doneFiles++
    } catch (error) {
      const isFixed = this.#files.marksOf(path).isFixed || this.#files.marksOf(to).isFixed
      const isToMerge = hasCode(error, 'unsupported') || hasCode(error, 'directory-not-empty')
      if (!isToMerge || isFixed) throw error
      await this.#walk(path, this.#moving(path, to, overwrite))
    }
  }

  #copying(from: VirtualPath, to: VirtualPath, overwrite: boolean): Visitor {
    return {
      enter: (directory) => this.#enterAt(directory, moved(directory, from, to), to, overwrite),
      visit: async (file, entry) => {
        await this.#copy(file, entry, moved(file, from, to), overwrite)
        this.#doneFiles++
      },
      leave: async () => {
        this.#doneFiles++
      },
    }
  }

  #moving(from: VirtualPath, to: VirtualPath, overwrite: boolean): Visitor {
    const copying = this.#copying(from, to, overwrite)
    return {
      enter: copying.enter,
      visit: async (file, entry) => {
        try {
          await this.#files.rename(file, moved(file, from, to), { replace: overwrite })
          this.#doneFiles++
        } catch (error) {
          if (!hasCode(error, 'unsupported')) throw error
          const copied = await this.#copy(file, entry, moved(file, from, to), overwrite)
          // It may have been uploaded anew, or been written to: then it stays beside the copy.
          await this.#files.removeFile(file, copied)
          this.#doneFiles++
        }
      },
      // Of a directory that is not empty something could not be moved, which is told already.
      leave: async (directory) => {
        await this.#files.removeDirectory(directory)
        this.#doneFiles++
      },
    }
  }

  /** Makes the directory at the target; one that is there is gone into where that is wanted. */
  async #enterAt(
    directory: VirtualPath,
    at: VirtualPath,
    root: VirtualPath,
    overwrite: boolean,
  ): Promise<boolean> {
    // Through a second mount of the same place a tree could be copied into itself for ever.
    if (this.#files.isInside(directory, root))
      throw new FileServerError('unsupported', 'A directory cannot be put into itself', {
        reason: 'into-itself',
      })
    try {
      await this.#files.makeDirectory(at)
    } catch (error) {
      const isThere =
        overwrite && hasCode(error, 'already-exists') && (await this.#files.stat(at)).type === 'directory'
      if (!isThere) throw error
    }
    return true
  }

  async #copy(from: VirtualPath, { type }: Entry, to: VirtualPath, replace: boolean): Promise<Entry> {
    if (type !== 'file') throw new FileServerError('unsupported', 'Only files and directories are copied')
    return this.#files.copyFile(from, to, {
      replace,
      signal: this.#signal,
      onProgress: (bytes) => {
        this.#doneBytes += bytes
      },
    })
  }

  #walk(root: VirtualPath, { enter, visit, leave }: Visitor): Promise<void> {
    const step = (path: VirtualPath) => {
      this.#signal.throwIfAborted()
      this.#current = path
    }
    return walkTree(
      this.#files,
      root,
      {
        enter: (path, entry) => (step(path), enter(path, entry)),
        visit: (path, entry) => (step(path), visit(path, entry)),
        leave: (path, entry, count) => leave(path, entry, count),
        fail: (path, error) => this.#fail(path, error),
      },
      this.#signal,
    )
  }

  #fail(path: VirtualPath, error: unknown): void {
    if (this.#signal.aborted) return
    // The session has ended, and with it all that is left to do.
    if (hasCode(error, 'aborted')) return this.#ending.abort(error)
    const { code, message, reason } = toFileServerError(error)
    this.#failedCount++
    if (this.#failures.length < maxFailures) this.#failures.push({ path, code, message, reason })
  }
}

type Visitor = Omit<TreeVisitor, 'fail'>

/** Where `path`, at or below `from`, goes when `from` becomes `to`. */
function moved(path: VirtualPath, from: VirtualPath, to: VirtualPath): VirtualPath {
  if (!isWithin(from, path)) throw new Error('a walk left its root')
  return `${to}${path.slice(from.length)}` as VirtualPath
}
