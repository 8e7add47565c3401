import type { Dirent } from 'node:fs'
import type { Entry } from '../../core/files/storage.ts'
import type { HeldDirectory } from './held-directory.ts'
import { toEntry } from './disk-entry.ts'
import { isStagedName } from './staged-name.ts'

const batchSize = 256
/** The names in `directory`, a batch at a time, staged ones included. */
export async function* readNames(directory: HeldDirectory): AsyncGenerator<readonly Dirent[], void, void> {
  const { disk } = directory
  const stream = await disk.opendir(directory.path, { bufferSize: batchSize })
  try {
    for (;;) {
      const batch = await disk.readDirectory(stream, batchSize)
      if (batch.length === 0) return
      yield batch
    }
  } finally {
    await disk.closeDirectory(stream)
  }
}

/** The entries of `directory`; what vanishes meanwhile is left out. */
export async function* readEntries(directory: HeldDirectory): AsyncGenerator<readonly Entry[], void, void> {
  for await (const batch of readNames(directory)) {
    const names = batch.map((entry) => entry.name).filter((name) => !isStagedName(name))
    const found = await directory.lstatAll(names)
    const entries: Entry[] = []
    for (const [index, name] of names.entries()) {
      const stats = found[index]
      if (stats) entries.push(toEntry(name, stats))
    }
    if (entries.length > 0) yield entries
  }
}
