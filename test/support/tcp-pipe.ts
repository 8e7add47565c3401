import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export interface TcpPipeOptions {
  readonly target: { readonly host: string; readonly port: number }
  /** Where it listens; a free port of 127.0.0.1 otherwise. */
  readonly listen?: { readonly host: string; readonly port: number }
  /** Where all connections to the target come from, so that every client looks alike. */
  readonly localAddress?: string
  /** Each chunk arrives this much later, in each direction, without holding up the next one. */
  readonly delayMs?: number
  /** A connection is cut, both sides at once, when this many bytes have passed in either direction. */
  readonly killAfterBytes?: number
  /** Bytes under way in each direction before it stops reading. Default: 4 MiB. */
  readonly maxQueuedBytes?: number
}

const defaultMaxQueuedBytes = 4 * 1024 * 1024

/** Starts a blind pipe, as the platform's TCP proxies are. */
export async function tcpPipe(options: TcpPipeOptions): Promise<TcpPipe> {
  const pipe = new TcpPipe(options)
  await pipe.listen()
  return pipe
}

/** Copies bytes both ways and closes both sides as soon as either direction ends: no half-close survives. */
export class TcpPipe implements AsyncDisposable {
  readonly #options: TcpPipeOptions
  readonly #server: Server
  readonly #pairs = new Set<Pair>()

  constructor(options: TcpPipeOptions) {
    this.#options = options
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) =>
      this.#accept(client),
    )
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Clients that are connected now. */
  get connections(): number {
    return this.#pairs.size
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const { host, port } = this.#options.listen ?? { host: '127.0.0.1', port: 0 }
      this.#server.once('error', reject).listen(port, host, resolve)
    })
  }

  /** Cuts every connection, as a restart of the platform would. */
  cutAll(): void {
    for (const pair of this.#pairs) pair.cut()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.cutAll()
    await closed
  }

  #accept(client: Socket): void {
    const { target, localAddress = '127.0.0.2' } = this.#options
    const upstream = connect({ ...target, localAddress, allowHalfOpen: true, noDelay: true })
    const pair: Pair = new Pair(client, upstream, this.#options, () => this.#pairs.delete(pair))
    this.#pairs.add(pair)
  }
}

/** One client and its connection to the target. */
class Pair {
  readonly #sockets: readonly Socket[]
  readonly #killAfterBytes: number
  readonly #delayMs: number
  readonly #maxQueuedBytes: number
  #passed = 0
  #isFinishing = false

  constructor(client: Socket, upstream: Socket, options: TcpPipeOptions, onEnd: () => void) {
    this.#sockets = [client, upstream]
    this.#killAfterBytes = options.killAfterBytes ?? Infinity
    this.#delayMs = options.delayMs ?? 0
    this.#maxQueuedBytes = options.maxQueuedBytes ?? defaultMaxQueuedBytes
    client.setNoDelay(true)
    for (const socket of this.#sockets) {
      socket.on('error', () => this.cut())
      socket.on('close', () => {
        if (!this.#isFinishing) this.cut()
        onEnd()
      })
    }
    upstream.on('connect', () => {
      this.#copy(client, upstream)
      this.#copy(upstream, client)
    })
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #copy(from: Socket, to: Socket): void {
    let queuedBytes = 0
    const resumeIfDrained = (): void => {
      if (queuedBytes < this.#maxQueuedBytes && !to.writableNeedDrain) from.resume()
    }
    const deliver = (chunk: Buffer): void => {
      queuedBytes -= chunk.length
      if (to.destroyed) return
      to.write(chunk)
      this.#passed += chunk.length
      if (this.#passed >= this.#killAfterBytes) return this.cut()
      if (to.writableNeedDrain) from.pause()
      else resumeIfDrained()
    }
    from.on('data', (chunk: Buffer) => {
      queuedBytes += chunk.length
      if (queuedBytes >= this.#maxQueuedBytes) from.pause()
      this.#later(() => deliver(chunk))
    })
    from.on('end', () => this.#later(() => this.#finish(to)))
    to.on('drain', resumeIfDrained)
    from.resume()
  }

  /** What has been handed over still leaves; what comes the other way from now on does not. */
  #finish(to: Socket): void {
    this.#isFinishing = true
    const other = this.#sockets.find((socket) => socket !== to)
    other?.destroy()
    to.end(() => to.destroy())
  }

  /** Timers of equal length fire in the order they were set, which keeps the bytes in order. */
  #later(action: () => void): void {
    if (this.#delayMs === 0) action()
    else setTimeout(action, this.#delayMs)
  }
}
