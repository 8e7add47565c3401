import type { FileEntry } from '../../../contract/file.ts'

export type SortKey = 'name' | 'size' | 'modified'

/** How a listing is looked at. */
export interface ListingView {
  readonly sortBy: SortKey
  readonly isDescending: boolean
  /** Shown are the entries with this in their name, in any case; '' for all. */
  readonly filter: string
}

type Compare = (a: number, b: number) => number

/**
 * Entries as they come, and the order they are to be shown in: positions of entries, directories first. What came
 * since the last time is sorted by itself and merged in, so that a long listing can be looked at while it arrives.
 */
export class SortedListing {
  readonly #entries: FileEntry[] = []
  readonly #collator: Intl.Collator
  /** All entries that have been sorted, before the filter. */
  #sorted = new Uint32Array(0)
  #view: ListingView

  constructor(view: ListingView, language: string) {
    this.#view = view
    this.#collator = new Intl.Collator(language, { numeric: true })
  }

  get size(): number {
    return this.#entries.length
  }

  /** Entries that came since the last order. */
  get unsorted(): number {
    return this.#entries.length - this.#sorted.length
  }

  add(entries: readonly FileEntry[]): void {
    for (const entry of entries) this.#entries.push(entry)
  }

  setView(view: ListingView): void {
    const { sortBy, isDescending } = this.#view
    if (view.sortBy !== sortBy || view.isDescending !== isDescending) this.#sorted = new Uint32Array(0)
    this.#view = view
  }

  order(): Uint32Array<ArrayBuffer> {
    const compare = this.#comparison()
    const fresh = Uint32Array.from({ length: this.unsorted }, (_, at) => this.#sorted.length + at)
    this.#sorted = merge(this.#sorted, fresh.sort(compare), compare)
    return this.#filtered()
  }

  #filtered(): Uint32Array<ArrayBuffer> {
    const wanted = this.#view.filter.toLowerCase()
    if (wanted === '') return this.#sorted.slice()
    return this.#sorted.filter((at) => this.#entries[at]?.name.toLowerCase().includes(wanted) ?? false)
  }

  #comparison(): Compare {
    const { sortBy, isDescending } = this.#view
    const sign = isDescending ? -1 : 1
    const byName = (a: FileEntry, b: FileEntry) =>
      this.#collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1)
    return (first, second) => {
      const [a, b] = [this.#entries[first], this.#entries[second]]
      if (!a || !b) return 0
      const kinds = Number(b.type === 'directory') - Number(a.type === 'directory')
      if (kinds !== 0) return kinds
      if (sortBy === 'name') return sign * byName(a, b)
      return sign * (a[sortBy] - b[sortBy]) || byName(a, b)
    }
  }
}

function merge(
  first: Uint32Array<ArrayBuffer>,
  second: Uint32Array<ArrayBuffer>,
  compare: Compare,
): Uint32Array<ArrayBuffer> {
  if (first.length === 0) return second
  const merged = new Uint32Array(first.length + second.length)
  let [i, j] = [0, 0]
  for (let at = 0; at < merged.length; at++) {
    const [a, b] = [first[i], second[j]]
    const isFirst = b === undefined || (a !== undefined && compare(a, b) <= 0)
    merged[at] = (isFirst ? a : b) ?? 0
    if (isFirst) i++
    else j++
  }
  return merged
}
