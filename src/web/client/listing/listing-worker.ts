import type { ApiError } from '../../../contract/api-answer.ts'
import type { DirectoryPage } from '../../../contract/file.ts'
import type { ListingNews, ListingOrder } from './listing-messages.ts'
import { SortedListing } from './sorted-listing.ts'

type OpenOrder = Extract<ListingOrder, { kind: 'open' }>

/** Reads, sorts and filters away from the page, which stays quick however long a directory is. */
let listing: SortedListing | undefined
let turn = 0
let abort = new AbortController()

addEventListener('message', ({ data }: MessageEvent<ListingOrder>) => {
  if (data.kind === 'open') void open(data)
  else if (listing) {
    listing.setView(data.view)
    tellOrder(listing)
  }
})

function tell(news: ListingNews, transfer: Transferable[] = []): void {
  postMessage(news, { transfer })
}

function tellOrder(of: SortedListing): void {
  const order = of.order()
  tell({ turn, kind: 'order', order }, [order.buffer])
}

async function open(order: OpenOrder): Promise<void> {
  abort.abort()
  abort = new AbortController()
  const { signal } = abort
  turn = order.turn
  const mine = (listing = new SortedListing(order.view, order.language))
  try {
    await readAll(order, mine, signal)
  } catch (error) {
    if (signal.aborted) return
    if (error instanceof Refusal)
      tell({ turn: order.turn, kind: 'failed', status: error.status, error: error.answer })
    else throw error
  }
}

async function readAll(order: OpenOrder, mine: SortedListing, signal: AbortSignal): Promise<void> {
  let cursor: string | undefined
  do {
    const page = await readPage(order, cursor, signal)
    mine.add(page.entries)
    tell({ turn: order.turn, kind: 'entries', entries: page.entries, rights: page.rights })
    cursor = page.cursor
    // Each time for half as many again, so that merging costs no more than sorting does.
    if (cursor === undefined || mine.unsorted * 2 >= mine.size - mine.unsorted) tellOrder(mine)
  } while (cursor !== undefined)
  tell({ turn: order.turn, kind: 'done' })
}

class Refusal extends Error {
  readonly status: number
  readonly answer: ApiError

  constructor(status: number, answer: ApiError) {
    super(answer.message)
    this.status = status
    this.answer = answer
  }
}

/** When it was given up meanwhile, nobody hears of it. */
function unreachable(): never {
  throw new Refusal(0, { message: 'The server cannot be reached', error: 'unreachable' })
}

async function readPage(
  { url, headers, path }: OpenOrder,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<DirectoryPage> {
  const body = JSON.stringify(cursor === undefined ? { path } : { path, cursor })
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    credentials: 'same-origin',
    body,
    signal,
  }).catch(unreachable)
  // A line that is lost, or a proxy that answers for the server, also spoils what began well.
  if (response.ok) return (await response.json().catch(unreachable)) as DirectoryPage
  const { status, statusText } = response
  const none: ApiError = { message: statusText, error: `http-${status}` }
  throw new Refusal(status, (await response.json().catch(() => none)) as ApiError)
}
