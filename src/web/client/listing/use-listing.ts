import { useCallback, useEffect, useRef, useState } from 'react'
import type { DirectoryRights, FileEntry } from '../../../contract/file.ts'
import {
  ApiFailure,
  csrfHeaders,
  currentCsrfToken,
  hasNewToken,
  signInAgain,
  urlOf,
} from '../../shared/api.ts'
import { currentLanguage } from '../../shared/i18n.ts'
import type { ListingNews, ListingOrder } from './listing-messages.ts'
import type { ListingView } from './sorted-listing.ts'

/** A directory as far as it has been read. */
export interface Listing {
  readonly path: string
  /** In the order they came; it grows in place, and `order` says what of it is shown. */
  readonly entries: FileEntry[]
  readonly order: Uint32Array<ArrayBuffer>
  /** Unknown until the first answer. */
  readonly rights: DirectoryRights | undefined
  readonly isComplete: boolean
  readonly error: ApiFailure | undefined
}

export interface UsedListing {
  readonly listing: Listing
  readonly isLoading: boolean
  readonly reload: () => void
}

const emptyOrder = new Uint32Array(0)
let nextTurn = 1
/** How often a growing number of entries is drawn. */
const countMs = 250

function emptyListing(path: string): Listing {
  return { path, entries: [], order: emptyOrder, rights: undefined, isComplete: false, error: undefined }
}

/** Reads a directory in a worker. While it is read anew, what was read before stays in sight. */
export function useListing(path: string, view: ListingView): UsedListing {
  const [listing, setListing] = useState(() => emptyListing(path))
  const [isLoading, setLoading] = useState(true)
  const [readings, setReadings] = useState(0)
  const worker = useRef<Worker>(undefined)
  const shown = useRef(listing)
  const shownView = useRef(view)
  shown.current = listing

  useEffect(() => {
    const made = new Worker(new URL('./listing-worker.ts', import.meta.url), { type: 'module' })
    worker.current = made
    return () => made.terminate()
  }, [])

  useEffect(() => {
    const { path: shownPath, isComplete, order } = shown.current
    const keepsOld = shownPath === path && isComplete && order.length > 0
    let fresh = emptyListing(path)
    let turn = 0
    let token = ''
    let restarts = 0
    let drawnAt = 0
    let hasEnded = false
    const change = (news: Partial<Listing>, restMs = 0) => {
      fresh = { ...fresh, ...news }
      const isRest = performance.now() - drawnAt < restMs
      if (isRest || (keepsOld && !fresh.isComplete)) return
      drawnAt = performance.now()
      setListing(fresh)
    }
    const begin = () => {
      turn = nextTurn++
      token = currentCsrfToken()
      setLoading(true)
      change(emptyListing(path))
      shownView.current = view
      worker.current?.postMessage(openOrder(turn, path, view))
    }
    const mayRestart = async ({ field, status }: ApiFailure) => {
      if (status === 401) await signInAgain()
      // A listing that is interrupted for too long is forgotten by the server; another sign-in brings another token.
      return status === 401 || field === 'cursor' || (status === 403 && (await hasNewToken(token)))
    }
    const fail = async (failure: ApiFailure) => {
      const isWorthwhile = restarts++ < 3 && (await mayRestart(failure))
      if (hasEnded) return
      if (isWorthwhile) return begin()
      setLoading(false)
      change({ error: failure, isComplete: true })
    }
    const hear = ({ data: news }: MessageEvent<ListingNews>) => {
      if (news.turn !== turn) return
      if (news.kind === 'entries') {
        for (const entry of news.entries) fresh.entries.push(entry)
        change({ rights: news.rights }, countMs)
      } else if (news.kind === 'order') change({ order: news.order })
      else if (news.kind === 'failed') void fail(new ApiFailure(news.status, news.error))
      else {
        setLoading(false)
        change({ isComplete: true })
      }
    }
    const used = worker.current
    used?.addEventListener('message', hear)
    begin()
    return () => {
      hasEnded = true
      used?.removeEventListener('message', hear)
    }
  }, [path, readings])

  useEffect(() => {
    if (shownView.current === view) return
    shownView.current = view
    worker.current?.postMessage({ kind: 'view', view } satisfies ListingOrder)
  }, [view])

  const reload = useCallback(() => setReadings((before) => before + 1), [])
  return { listing, isLoading, reload }
}

function openOrder(turn: number, path: string, view: ListingView): ListingOrder {
  const language = currentLanguage()
  return { kind: 'open', turn, path, view, language, url: urlOf('api/v2/user/dirs'), headers: csrfHeaders() }
}
