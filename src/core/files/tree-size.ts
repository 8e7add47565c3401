import type { QuotaUsage } from '../accounts/user.ts'
import { hasCode } from '../errors.ts'
import type { Entry, Storage, StorageKey } from './storage.ts'

export interface MeasureOptions {
  readonly signal?: AbortSignal
  /** Bytes that a file is counted with; its size unless told. Asked in the turn in which its entry comes. */
  readonly sizeOf?: (file: Entry) => number
}

/** Bytes and number of the regular files at and below `key`; links are not followed. Memory grows with depth alone. */
export async function measureTree(
  storage: Storage,
  key: StorageKey,
  { signal, sizeOf = ({ size }) => size }: MeasureOptions = {},
): Promise<QuotaUsage> {
  let size = 0
  let files = 0
  const pending: StorageKey[] = [key]
  for (let directory = pending.pop(); directory; directory = pending.pop()) {
    signal?.throwIfAborted()
    try {
      for await (const batch of storage.list(directory))
        for (const entry of batch) {
          if (entry.type === 'directory') pending.push([...directory, entry.name])
          else if (entry.type === 'file') {
            size += sizeOf(entry)
            files++
          }
        }
    } catch (error) {
      // Gone since it was listed, or not ours to read: what cannot be reached is not counted.
      if (!hasCode(error, 'not-found') && !hasCode(error, 'permission-denied')) throw error
    }
  }
  return { size, files }
}
