import fs from 'node:fs'
import { descriptorPath, pathIn } from './descriptor-path.ts'
import type { DiskStats } from './disk-entry.ts'
import type { SystemCalls } from './system-calls.ts'

/** Calls of disk-calls.ts made directly, where there is more to them than Node's own call of that kind. */

/** Undefined for what is not there. */
export function lookUp(path: string): fs.Stats | undefined {
  return fs.lstatSync(path, { throwIfNoEntry: false })
}

/** The same of `name` in an open directory; what fails without `calls` says why. */
export function lookUpIn(
  calls: SystemCalls | undefined,
  directory: number,
  name: string,
): DiskStats | undefined {
  const found = calls?.statAt(directory, name) ?? lookUp(pathIn(directory, name))
  return found === 'nothing' ? undefined : found
}

export function openExactly(calls: SystemCalls | undefined, path: string, flags: number): number | undefined {
  if (calls?.openWithoutLinks) return calls.openWithoutLinks(path, flags)
  const descriptor = fs.openSync(path, flags)
  try {
    if (fs.readlinkSync(descriptorPath(descriptor)) === path) return descriptor
  } catch {
    // Then nobody knows where it is.
  }
  closeDescriptor(descriptor)
  return undefined
}

/** Nothing that matters can fail any more. */
export function closeDescriptor(descriptor: number): void {
  try {
    fs.closeSync(descriptor)
  } catch {
    // The descriptor is given back in any case (close(2)).
  }
}

export function readDirectory(directory: fs.Dir, count: number): fs.Dirent[] {
  const entries: fs.Dirent[] = []
  while (entries.length < count) {
    const entry = directory.readSync()
    if (entry === null) break
    entries.push(entry)
  }
  return entries
}

export function bytesIn(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((bytes, chunk) => bytes + chunk.length, 0)
}

/** The beginning of `chunks`, of `max` bytes at most. */
export function firstBytes(chunks: readonly Uint8Array[], max: number): Uint8Array[] {
  const first: Uint8Array[] = []
  let left = max
  for (const chunk of chunks) {
    if (left === 0) break
    const piece = chunk.length > left ? chunk.subarray(0, left) : chunk
    first.push(piece)
    left -= piece.length
  }
  return first
}
