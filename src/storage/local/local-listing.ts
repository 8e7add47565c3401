import type { Dir, Dirent } from 'node:fs'
import type { Entry } from '../../core/files/storage.ts'
import type { HeldDirectory } from './confined-path.ts'
import * as disk from './disk-calls.ts'
import { toEntry } from './disk-entry.ts'
import { isErrno } from './disk-error.ts'
import { isStagedName } from './staged-name.ts'

const batchSize = 256
/** At most so many calls of one listing wait in the thread pool: other sessions stand in the same queue. */
const maxPendingCalls = 32

/** The names in `directory`, a batch at a time, staged ones included. */
export async function* readNames(directory: HeldDirectory): AsyncGenerator<readonly Dirent[], void, void> {
  const stream = await disk.opendir(directory.path, { bufferSize: batchSize })
  try {
    for (;;) {
      const batch = await readBatch(stream)
      if (batch.length === 0) return
      yield batch
    }
  } finally {
    await stream.close()
  }
}

/** The entries of `directory`; what vanishes meanwhile is left out. */
export async function* readEntries(directory: HeldDirectory): AsyncGenerator<readonly Entry[], void, void> {
  for await (const batch of readNames(directory)) {
    const names = batch.map((entry) => entry.name).filter((name) => !isStagedName(name))
    const entries = await lookUpAll(directory, names)
    if (entries.length > 0) yield entries
  }
}

async function readBatch(stream: Dir): Promise<Dirent[]> {
  const batch: Dirent[] = []
  while (batch.length < batchSize) {
    const entry = await stream.read()
    if (entry === null) break
    batch.push(entry)
  }
  return batch
}

async function lookUpAll(directory: HeldDirectory, names: readonly string[]): Promise<Entry[]> {
  const entries: Entry[] = []
  let next = 0
  const lookUpMore = async () => {
    for (let name = names[next++]; name !== undefined; name = names[next++]) {
      const entry = await lookUp(directory, name)
      if (entry) entries.push(entry)
    }
  }
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(maxPendingCalls, names.length) }, lookUpMore),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return entries
}

async function lookUp(directory: HeldDirectory, name: string): Promise<Entry | undefined> {
  try {
    return toEntry(name, await disk.lstat(directory.at(name)))
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}
