import type { FileEntry } from '../../../contract/file.ts'
import { kindOf } from '../listing/file-kind.ts'
import type { Listing } from '../listing/use-listing.ts'

/** The images before and after one, as they are shown. */
export function neighboursOf(
  { order, entries }: Pick<Listing, 'order' | 'entries'>,
  { name }: FileEntry,
): { readonly previous?: FileEntry | undefined; readonly next?: FileEntry | undefined } {
  const at = order.findIndex((index) => entries[index]?.name === name)
  if (at === -1) return {}
  const find = (step: 1 | -1) => {
    for (let position = at + step; position >= 0 && position < order.length; position += step) {
      const entry = entries[order[position] ?? -1]
      if (entry?.type === 'file' && entry.denied !== true && kindOf(entry.name) === 'image') return entry
    }
    return undefined
  }
  return { previous: find(-1), next: find(1) }
}
