import type { ApiError } from '../../../contract/api-answer.ts'
import type { DirectoryRights, FileEntry } from '../../../contract/file.ts'
import type { ListingView } from './sorted-listing.ts'

/** What the page asks of its worker. `turn` tells answers of different questions apart. */
export type ListingOrder =
  | {
      readonly kind: 'open'
      readonly turn: number
      readonly path: string
      readonly view: ListingView
      readonly language: string
      /** Address of the route; the worker has another base. */
      readonly url: string
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly kind: 'view'; readonly view: ListingView }

/** What the worker tells. An order speaks of entries that were told before it. */
export type ListingNews = { readonly turn: number } & (
  | { readonly kind: 'entries'; readonly entries: readonly FileEntry[]; readonly rights: DirectoryRights }
  | { readonly kind: 'order'; readonly order: Uint32Array<ArrayBuffer> }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly status: number; readonly error: ApiError }
)
