import { randomFillSync } from 'node:crypto'
import { type FileHandle, link, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RowContext } from './row.ts'

const pieceBytes = 4 << 20

/** A file of random bytes, or with that many of them and zeros that take no space: ten GiB do not fit in memory twice. */
export async function makeFile(path: string, bytes: number, randomBytes = bytes): Promise<void> {
  await using file = await open(path, 'w')
  const piece = Buffer.allocUnsafe(Math.min(pieceBytes, bytes))
  const filled = Math.min(bytes, randomBytes)
  for (let position = 0; position < filled; position += piece.length) {
    const part = randomFillSync(piece).subarray(0, filled - position)
    await file.write(part, 0, part.length, position)
  }
  await file.truncate(bytes)
}

/** The same file in several homes takes its space once. */
export async function shareFile(source: string, target: string): Promise<void> {
  await rm(target, { force: true })
  await link(source, target)
}

/** A directory of `count` files of `bytes` random bytes each. */
export async function makeTree(directory: string, count: number, bytes: number): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (let index = 0; index < count; index++)
    await makeFile(join(directory, `file-${String(index).padStart(5, '0')}.bin`), bytes)
}

/** @throws unless the copy has the size of the source and, where this run looks at contents, its bytes */
export async function assertSameFile(
  source: string,
  copy: string,
  { verifiesContent }: RowContext,
): Promise<void> {
  const [expected, found] = await Promise.all([stat(source), stat(copy)])
  if (expected.size !== found.size) throw new Error(`${copy} has ${found.size} bytes, not ${expected.size}`)
  if (verifiesContent && !(await isSameContent(source, copy)))
    throw new Error(`${copy} differs from what was sent`)
}

/** The same for all files of a directory. */
export async function assertSameTree(source: string, copy: string, context: RowContext): Promise<void> {
  const [expected, found] = await Promise.all([readdir(source), readdir(copy)])
  if (expected.toSorted().join('\n') !== found.toSorted().join('\n'))
    throw new Error(`${copy} has ${found.length} files, not the ${expected.length} that were sent`)
  for (const name of expected) await assertSameFile(join(source, name), join(copy, name), context)
}

async function isSameContent(one: string, other: string): Promise<boolean> {
  await using first = await open(one)
  await using second = await open(other)
  const pieces = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)] as const
  for (;;) {
    const [a, b] = await Promise.all([readPiece(first, pieces[0]), readPiece(second, pieces[1])])
    if (!a.equals(b)) return false
    if (a.length === 0) return true
  }
}

async function readPiece(file: FileHandle, piece: Buffer): Promise<Buffer> {
  const { bytesRead } = await file.read(piece, 0, piece.length)
  return piece.subarray(0, bytesRead)
}
