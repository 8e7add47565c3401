import { FileServerError } from '../errors.ts'
import type { Entry } from './storage.ts'
import type { UserFilesystem } from './user-filesystem.ts'
import { joinPath, type VirtualPath } from './virtual-path.ts'

/** Each level holds one directory open; nobody nests directories so deep by hand. */
const maxDepth = 256

/** What is done on the way through a tree. A method that throws is told to `fail`, and the walk goes on. */
export interface TreeVisitor {
  /** Before what a directory holds; answers false to pass it over. */
  enter(path: VirtualPath, entry: Entry): Promise<boolean>
  /** Anything but a directory; links are not followed. */
  visit(path: VirtualPath, entry: Entry): Promise<void>
  /** After what a directory holds, of which there were `count` entries; not where that could not be listed. */
  leave(path: VirtualPath, entry: Entry, count: number): Promise<void>
  fail(path: VirtualPath, error: unknown): void
}

interface Level {
  readonly path: VirtualPath
  readonly entry: Entry
  readonly batches: AsyncGenerator<readonly Entry[]>
  readonly waiting: Entry[]
  count: number
  /** It could not be read to its end. */
  isBroken: boolean
}

/**
 * Goes through everything at and below `root`, depth first, in memory that grows with the depth alone.
 * @throws what `signal` was aborted with
 */
export async function walkTree(
  files: UserFilesystem,
  root: VirtualPath,
  visitor: TreeVisitor,
  signal: AbortSignal,
): Promise<void> {
  const levels: Level[] = []
  try {
    await attempt(visitor, root, async () => come(files, root, await files.lstat(root), visitor, levels))
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      signal.throwIfAborted()
      const next = await nextIn(level, visitor)
      if (next) {
        const path = joinPath(level.path, next.name)
        await attempt(visitor, path, () => come(files, path, next, visitor, levels))
      } else {
        levels.pop()
        const { path, entry, count } = level
        if (!level.isBroken) await attempt(visitor, path, () => visitor.leave(path, entry, count))
      }
    }
  } finally {
    for (const { batches } of levels) await batches.return(undefined)
  }
}

async function come(
  files: UserFilesystem,
  path: VirtualPath,
  entry: Entry,
  visitor: TreeVisitor,
  levels: Level[],
): Promise<void> {
  if (entry.type !== 'directory') return visitor.visit(path, entry)
  if (levels.length >= maxDepth)
    throw new FileServerError('unsupported', 'The directories are nested too deeply', {
      reason: 'too-deep',
    })
  if (await visitor.enter(path, entry))
    levels.push({ path, entry, batches: files.list(path), waiting: [], count: 0, isBroken: false })
}

/** Undefined at the end of the directory, also where it cannot be read on. */
async function nextIn(level: Level, visitor: TreeVisitor): Promise<Entry | undefined> {
  while (level.waiting.length === 0) {
    let batch: IteratorResult<readonly Entry[], unknown>
    try {
      batch = await level.batches.next()
    } catch (error) {
      level.isBroken = true
      visitor.fail(level.path, error)
      return undefined
    }
    if (batch.done === true) return undefined
    level.waiting.push(...batch.value)
    level.count += batch.value.length
  }
  return level.waiting.pop()
}

async function attempt(visitor: TreeVisitor, path: VirtualPath, task: () => Promise<void>): Promise<void> {
  try {
    await task()
  } catch (error) {
    visitor.fail(path, error)
  }
}
