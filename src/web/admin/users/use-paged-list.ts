import { useEffect, useState } from 'react'
import { callApi } from '../../shared/api.ts'
import { useLoaded } from '../../shared/use-loaded.ts'

const pageSize = 50
const typingMs = 250

export interface PagedList<T> {
  readonly search: string
  readonly setSearch: (search: string) => void
  /** What the shown entries were looked for with; follows `search` when typing has paused. */
  readonly searched: string
  readonly entries: readonly T[] | undefined
  readonly error: unknown
  /** Position of the first entry shown, from 0. */
  readonly offset: number
  readonly hasMore: boolean
  readonly turn: (direction: 1 | -1) => void
  readonly reload: () => void
}

/** One page of the entries that match; one more than a page is asked for, to know whether there is another. */
export function usePagedList<T>(path: 'users' | 'folders'): PagedList<T> {
  const [search, setSearch] = useState('')
  const [query, setQuery] = useState({ searched: '', offset: 0 })
  useEffect(() => {
    if (search === query.searched) return
    const timer = setTimeout(() => setQuery({ searched: search, offset: 0 }), typingMs)
    return () => clearTimeout(timer)
  }, [search, query.searched])
  const { value, error, reload } = useLoaded(
    (signal) => callApi<T[]>('GET', `${path}?${queryOf(query)}`, { signal }),
    [query.searched, query.offset],
  )
  const turn = (direction: 1 | -1) =>
    setQuery((before) => ({ ...before, offset: Math.max(0, before.offset + direction * pageSize) }))
  useEffect(() => {
    // The last entry of the page has been removed.
    if (value?.length === 0 && query.offset > 0) turn(-1)
  }, [value])
  return {
    ...{ search, setSearch, error, reload, turn },
    ...query,
    entries: value?.slice(0, pageSize),
    hasMore: (value?.length ?? 0) > pageSize,
  }
}

/** The platform refuses addresses with two dots in a row; no name holds them. */
function queryOf({ searched, offset }: { readonly searched: string; readonly offset: number }): string {
  const search = searched.trim().replaceAll(/\.{2,}/g, '.')
  const query = new URLSearchParams({ limit: String(pageSize + 1), offset: String(offset) })
  if (search !== '') query.set('search', search)
  return query.toString()
}
