import { useEffect, useRef, useState } from 'react'
import type { AuditPage, AuditRecordResource } from '../../../../contract/audit.ts'
import { callApi } from '../../../shared/api.ts'
import { toRequest, type ActivityFilter } from './activity-filter.ts'

export interface Activity {
  /** Undefined until the first answer. */
  readonly records: readonly AuditRecordResource[] | undefined
  readonly hasMore: boolean
  readonly error: unknown
  readonly isLoading: boolean
  readonly reload: () => void
  readonly loadOlder: () => void
}

interface State {
  readonly records: readonly AuditRecordResource[] | undefined
  readonly hasMore: boolean
  readonly error: unknown
  readonly isLoading: boolean
}

/** What matches, the newest first, page after page; a new filter or a reload begins anew. */
export function useActivity(filter: ActivityFilter, key: string): Activity {
  const [state, setState] = useState<State>({
    records: undefined,
    hasMore: false,
    error: undefined,
    isLoading: true,
  })
  const running = useRef<AbortController | undefined>(undefined)

  const load = async (older: readonly AuditRecordResource[]) => {
    running.current?.abort()
    const abort = (running.current = new AbortController())
    setState((before) => ({ ...before, isLoading: true, error: undefined }))
    const last = older.at(-1)
    const body = { ...toRequest(filter), ...(last === undefined ? {} : { before_id: last.id }) }
    try {
      const page = await callApi<AuditPage>('POST', 'events/search', { body, signal: abort.signal })
      if (abort.signal.aborted) return
      const records = [...older, ...page.records]
      setState({ records, hasMore: page.has_more, error: undefined, isLoading: false })
    } catch (error) {
      if (!abort.signal.aborted) setState((before) => ({ ...before, error, isLoading: false }))
    }
  }
  useEffect(() => {
    void load([])
    return () => running.current?.abort()
  }, [key])
  return {
    ...state,
    reload: () => void load([]),
    loadOlder: () => void load(state.records ?? []),
  }
}
