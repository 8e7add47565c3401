import { Socket, type SocketConstructorOpts } from 'node:net'
import { FileServerError } from '../core/errors.ts'
import type { ClaimRequest, PassiveClaim } from '../protocols/ftp/passive-claim.ts'
import type { PassivePortSource } from '../protocols/ftp/passive-ports.ts'
import type { TicketOwner, TlsOwnerBook } from '../protocols/ftp/tls-owners.ts'
import type { OpenHandle } from './channel.ts'
import type { ChannelToPrimary } from './messages.ts'

/** The passive ports, which the primary process has: a machine has each of them once. */
export class RemotePassivePorts implements PassivePortSource {
  readonly ports: readonly number[]
  readonly #channel: ChannelToPrimary
  readonly #claims = new Map<number, RemoteClaim>()
  #lastId = 0

  constructor(channel: ChannelToPrimary, ports: readonly number[]) {
    this.#channel = channel
    this.ports = ports
    channel.on('claim-armed', ({ id, port }) => this.#claims.get(id)?.arm(port))
    channel.on('claim-ended', ({ id, isBusy }) => this.#take(id)?.fail(isBusy))
    channel.on('claim-matched', ({ id, bytes }, handle) => {
      const claim = this.#take(id)
      if (handle === undefined) claim?.fail(false)
      else if (claim) claim.match(socketOf(handle as OpenHandle, bytes))
      else (handle as OpenHandle).close()
    })
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  /** Tried in the primary process alone. */
  hold(): undefined {}

  claim(request: ClaimRequest): PassiveClaim {
    const id = ++this.#lastId
    const claim = new RemoteClaim(id, this.#channel)
    this.#claims.set(id, claim)
    this.#channel.post('claim', { id, request })
    return claim
  }

  #take(id: number): RemoteClaim | undefined {
    const claim = this.#claims.get(id)
    this.#claims.delete(id)
    return claim
  }
}

/** What `Socket` takes besides its declared options. */
interface AcceptedOptions extends Omit<SocketConstructorOpts, 'handle'> {
  readonly handle: OpenHandle
  readonly pauseOnCreate: true
}

/** As the listener of the port would have made it: nothing is read before somebody asks for it. */
function socketOf(handle: OpenHandle, bytes: Uint8Array): Socket {
  const options: AcceptedOptions = { handle, allowHalfOpen: true, pauseOnCreate: true }
  const socket = new Socket(options as unknown as SocketConstructorOpts)
  socket.on('error', () => {})
  if (bytes.length > 0) socket.unshift(Buffer.from(bytes))
  return socket
}

class RemoteClaim implements PassiveClaim {
  readonly #id: number
  readonly #channel: ChannelToPrimary
  readonly #armed = Promise.withResolvers<number>()
  readonly #accepted = Promise.withResolvers<Socket>()
  #state: 'queued' | 'armed' | 'released' | 'matched' | 'taken' | 'ended' = 'queued'
  #socket: Socket | undefined

  constructor(id: number, channel: ChannelToPrimary) {
    this.#id = id
    this.#channel = channel
    // Nobody may be waiting when they fail.
    this.#armed.promise.catch(() => {})
    this.#accepted.promise.catch(() => {})
  }

  get port(): Promise<number> {
    return this.#armed.promise
  }

  get isArmed(): boolean {
    return this.#state === 'armed'
  }

  get hasEnded(): boolean {
    return this.#state === 'ended'
  }

  async take(): Promise<Socket> {
    const socket = await this.#accepted.promise
    if (this.#state === 'matched') this.#state = 'taken'
    return socket
  }

  renew(): void {
    if (this.#state === 'armed') this.#channel.post('claim-renew', this.#id)
  }

  release(): void {
    if (this.#state === 'matched') {
      this.#state = 'taken'
      this.#socket?.destroy()
    } else if (this.#state === 'queued' || this.#state === 'armed') {
      this.#state = 'released'
      this.#channel.post('claim-release', this.#id)
      const failure = new FileServerError('aborted', 'The data connection is no longer wanted')
      this.#armed.reject(failure)
      this.#accepted.reject(failure)
    }
  }

  arm(port: number): void {
    if (this.#state !== 'queued') return
    this.#state = 'armed'
    this.#armed.resolve(port)
  }

  match(socket: Socket): void {
    if (this.#state === 'released') return void socket.destroy()
    this.#state = 'matched'
    this.#socket = socket
    this.#accepted.resolve(socket)
  }

  fail(isBusy: boolean): void {
    this.#state = 'ended'
    const failure = isBusy
      ? new FileServerError('busy', 'All data ports are busy, try again later')
      : new FileServerError('aborted', 'The data connection was not opened in time')
    this.#armed.reject(failure)
    this.#accepted.reject(failure)
  }
}

/** Whose tickets are whose, kept by the primary process, which matches data connections by them. */
export function ticketOwnersOf(channel: ChannelToPrimary): TlsOwnerBook {
  return {
    open: (id, shown) => channel.post('tls-open', { id, shown }),
    close: (id) => channel.post('tls-close', id),
    signedIn: (id, username) => channel.post('tls-signed-in', { id, username }),
    suspect: (id) => channel.post('tls-suspect', id),
    ownerOf: (id): Promise<TicketOwner | undefined> => channel.call('ticket-owner', id),
  }
}
