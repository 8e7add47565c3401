import { compileNameGlob, isPattern, literalOf, literalPattern } from '../../core/accounts/glob.ts'
import { hasCode } from '../../core/errors.ts'
import type { Entry } from '../../core/files/storage.ts'
import type { UserFilesystem } from '../../core/files/user-filesystem.ts'
import {
  joinPath,
  parseVirtualPath,
  rootPath,
  segmentsOf,
  type VirtualPath,
} from '../../core/files/virtual-path.ts'
import type { ExecStream } from './exec-stream.ts'
import { fromStart } from './scp.ts'

/**
 * What a shell would find for a pattern, of which any part may be one. It is looked for as it is asked for, in memory
 * for one directory of each part, until nobody is left to be answered.
 */
export function findMatches(
  files: UserFilesystem,
  pattern: string,
  stream: ExecStream,
): AsyncGenerator<VirtualPath> {
  const base = literalPattern(files.startDirectory) as VirtualPath
  return matchesBelow(files, rootPath, segmentsOf(parseVirtualPath(fromStart(pattern), base)), stream)
}

async function* matchesBelow(
  files: UserFilesystem,
  directory: VirtualPath,
  parts: readonly string[],
  stream: ExecStream,
): AsyncGenerator<VirtualPath> {
  const at = parts.findIndex(isPattern)
  const plain = at < 0 ? parts : parts.slice(0, at)
  const path = plain.reduce<VirtualPath>((above, part) => joinPath(above, literalOf(part)), directory)
  if (at < 0) {
    if (plain.length === 0 || (await isThere(files, path))) yield path
    return
  }
  const glob = compileNameGlob(parts[at] ?? '')
  const rest = parts.slice(at + 1)
  const isMeant = ({ name, type }: Entry): boolean =>
    glob.test(name) && (rest.length === 0 || type === 'directory' || type === 'symlink')
  for await (const batch of batchesOf(files, path)) {
    if (stream.isClosed) return
    for (const { name } of batch.filter(isMeant))
      yield* matchesBelow(files, joinPath(path, name), rest, stream)
  }
}

async function isThere(files: UserFilesystem, path: VirtualPath): Promise<boolean> {
  try {
    await files.lstat(path)
    return true
  } catch (error) {
    if (isUnseen(error)) return false
    throw error
  }
}

/** As to a shell, what cannot be looked into has nothing in it. */
async function* batchesOf(files: UserFilesystem, path: VirtualPath): AsyncGenerator<readonly Entry[]> {
  try {
    yield* files.list(path)
  } catch (error) {
    if (!isUnseen(error)) throw error
  }
}

function isUnseen(error: unknown): boolean {
  return (['not-found', 'not-a-directory', 'permission-denied'] as const).some((code) => hasCode(error, code))
}
