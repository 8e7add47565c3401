export type UploadState = 'waiting' | 'active' | 'paused' | 'done' | 'failed' | 'cancelled'

/** What is to be uploaded, and where to. */
export interface UploadOrder {
  /** Virtual path of the file as it will be. */
  readonly path: string
  readonly file: File
  readonly overwrite: boolean
  /** Of the unfinished upload that is gone on with. */
  readonly resumeId?: string
}

/** One file of the queue. Changed in place: ten thousand of them are drawn by the few that are in sight. */
export interface UploadItem extends UploadOrder {
  readonly id: number
  state: UploadState
  /** Bytes that have left. */
  sent: number
  /** Bytes per second, lately. */
  rate: number
  /** What the server said. */
  error: string | undefined
  /** The network or the server is away; it goes on by itself. */
  isStalled: boolean
  /** Made here, so that the server can be asked about it also when its answer was lost. */
  readonly uploadId: string
  /** The server may know it, and is asked how much has arrived. */
  mayHaveBegun: boolean
}

export interface UploadEvents {
  onProgress(sent: number): void
  onStall(isStalled: boolean): void
  onDone(): void
  onFail(message: string): void
}

export interface RunningUpload {
  /** Keeps what has arrived, to go on with. */
  pause(): void
}

export interface UploadQueueParts {
  readonly start: (item: UploadItem, events: UploadEvents) => RunningUpload
  /** Gives up what has arrived of one that has begun, and is stopped. */
  readonly discard: (item: UploadItem) => void
  /** Told when anything changed; often, so the listener may want to wait a little. */
  readonly onChange: () => void
  readonly onDone: (item: UploadItem) => void
  readonly maxActive?: number
}

export interface UploadTotals {
  readonly count: number
  readonly done: number
  readonly failed: number
  readonly paused: number
  /** Waiting or active. */
  readonly open: number
  readonly bytes: number
  readonly sent: number
  /** Bytes per second, of all. */
  readonly rate: number
}

const defaultMaxActive = 3
/** How much of a new rate is taken over at once. */
const freshness = 0.3

/** Which file is sent when. Knows nothing of requests: each file is sent by what `start` makes. */
export class UploadQueue {
  readonly #parts: UploadQueueParts
  readonly #running = new Map<number, RunningUpload>()
  #items: UploadItem[] = []
  /** Before it, none waits. */
  #firstWaiting = 0
  #lastMeasure = 0
  readonly #measured = new Map<number, number>()

  constructor(parts: UploadQueueParts) {
    this.#parts = parts
  }

  get items(): readonly UploadItem[] {
    return this.#items
  }

  get isActive(): boolean {
    return this.#running.size > 0
  }

  add(orders: readonly UploadOrder[]): void {
    for (const order of orders)
      this.#items.push({
        ...order,
        ...{ id: nextId++, state: 'waiting', sent: 0, rate: 0, error: undefined, isStalled: false },
        uploadId: order.resumeId ?? randomId(),
        mayHaveBegun: order.resumeId !== undefined,
      })
    this.#fill()
  }

  /** The same file to the same place is one upload, which goes on; another file of its name takes its place. */
  enqueue(orders: readonly UploadOrder[]): void {
    const known = new Map(this.#items.filter(isOpen).map((item) => [item.path, item]))
    const others: UploadOrder[] = []
    for (const order of orders) {
      const item = known.get(order.path)
      if (item && isSameFile(item.file, order.file)) this.resume(item)
      else {
        if (item) this.cancel(item)
        others.push(order)
      }
    }
    this.add(others)
  }

  pause(item: UploadItem): void {
    if (item.state !== 'active' && item.state !== 'waiting') return
    this.#stop(item, 'paused')?.pause()
    this.#fill()
  }

  /** Also for one that failed. */
  resume(item: UploadItem): void {
    if (item.state !== 'paused' && item.state !== 'failed') return
    item.state = 'waiting'
    item.error = undefined
    this.#firstWaiting = 0
    this.#fill()
  }

  cancel(item: UploadItem): void {
    if (item.state === 'done' || item.state === 'cancelled') return
    this.#stop(item, 'cancelled')?.pause()
    if (item.mayHaveBegun) this.#parts.discard(item)
    this.#fill()
  }

  pauseAll(): void {
    // Those that wait first, so that none of them takes the place of one that stops.
    for (const item of this.#items) if (item.state === 'waiting') item.state = 'paused'
    for (const item of this.#items) if (item.state === 'active') this.pause(item)
    this.#parts.onChange()
  }

  resumeAll(): void {
    for (const item of this.#items) if (item.state === 'paused') item.state = 'waiting'
    this.#firstWaiting = 0
    this.#fill()
  }

  retryAll(): void {
    for (const item of this.#items)
      if (item.state === 'failed') Object.assign(item, { state: 'waiting', error: undefined })
    this.#firstWaiting = 0
    this.#fill()
  }

  cancelAll(): void {
    for (const item of this.#items) if (item.state === 'waiting') item.state = 'cancelled'
    for (const item of this.#items) this.cancel(item)
    this.#parts.onChange()
  }

  /** Takes those away that have ended. */
  clear(): void {
    this.#items = this.#items.filter(
      ({ state }) => state !== 'done' && state !== 'cancelled' && state !== 'failed',
    )
    this.#firstWaiting = 0
    this.#parts.onChange()
  }

  /** `now` in milliseconds; to be called about once a second while something is sent. */
  measure(now: number): void {
    const seconds = (now - this.#lastMeasure) / 1000
    this.#lastMeasure = now
    for (const id of this.#running.keys()) {
      const item = this.#items.find((candidate) => candidate.id === id)
      if (!item) continue
      const before = this.#measured.get(id)
      this.#measured.set(id, item.sent)
      if (before === undefined || seconds <= 0) continue
      const rate = Math.max(0, item.sent - before) / seconds
      item.rate = item.rate === 0 ? rate : item.rate + freshness * (rate - item.rate)
    }
  }

  totals(): UploadTotals {
    const totals = { count: 0, done: 0, failed: 0, paused: 0, open: 0, bytes: 0, sent: 0, rate: 0 }
    for (const { state, file, sent, rate } of this.#items) {
      if (state === 'cancelled') continue
      totals.count++
      totals.bytes += file.size
      totals.sent += state === 'done' ? file.size : sent
      if (state === 'done') totals.done++
      else if (state === 'failed') totals.failed++
      else if (state === 'paused') totals.paused++
      else totals.open++
      if (state === 'active') totals.rate += rate
    }
    return totals
  }

  #stop(item: UploadItem, state: UploadState): RunningUpload | undefined {
    const running = this.#running.get(item.id)
    this.#running.delete(item.id)
    this.#measured.delete(item.id)
    Object.assign(item, { state, rate: 0, isStalled: false })
    return running
  }

  #fill(): void {
    const { maxActive = defaultMaxActive } = this.#parts
    while (this.#running.size < maxActive && this.#firstWaiting < this.#items.length) {
      const item = this.#items[this.#firstWaiting++]
      if (item?.state === 'waiting') this.#start(item)
    }
    this.#parts.onChange()
  }

  #start(item: UploadItem): void {
    item.state = 'active'
    const isStill = () => item.state === 'active'
    const end = (state: UploadState, error?: string) => {
      this.#stop(item, state)
      item.error = error
      if (state === 'done') this.#parts.onDone(item)
      this.#fill()
    }
    const running = this.#parts.start(item, {
      onProgress: (sent) => {
        if (!isStill()) return
        item.sent = sent
        this.#parts.onChange()
      },
      onStall: (isStalled) => {
        if (!isStill()) return
        item.isStalled = isStalled
        this.#parts.onChange()
      },
      onDone: () => {
        if (isStill()) end('done')
      },
      onFail: (message) => {
        if (isStill()) end('failed', message)
      },
    })
    this.#running.set(item.id, running)
  }
}

/** What another order for the same place meets. */
export function isOpen({ state }: UploadItem): boolean {
  return state === 'waiting' || state === 'active' || state === 'paused' || state === 'failed'
}

/** As far as a browser can tell. */
function isSameFile(one: File, other: File): boolean {
  return one.size === other.size && one.lastModified === other.lastModified
}

let nextId = 1

/** 128 bits in hexadecimal. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
