import type { Socket } from 'node:net'
import { hasCode } from '../core/errors.ts'
import type { ClaimRequest, PassiveClaim } from '../protocols/ftp/passive-claim.ts'
import type { PassivePortSource } from '../protocols/ftp/passive-ports.ts'
import type { TlsOwners } from '../protocols/ftp/tls-owners.ts'
import type { OpenHandle } from './channel.ts'
import type { ChannelToWorker } from './messages.ts'

export interface PassiveDeskParts {
  readonly channel: ChannelToWorker
  readonly ports: PassivePortSource
  readonly owners: TlsOwners
}

/** Claims passive ports for one worker, and hands it the connections. Disposed when the worker is gone. */
export class PassiveDesk implements Disposable {
  readonly #parts: PassiveDeskParts
  readonly #claims = new Map<number, PassiveClaim>()
  readonly #identities = new Set<string>()

  constructor(parts: PassiveDeskParts) {
    this.#parts = parts
    const { channel, owners } = parts
    channel.on('claim', ({ id, request }) => this.#claim(id, request))
    channel.on('claim-renew', (id) => this.#claims.get(id)?.renew())
    channel.on('claim-release', (id) => this.#claims.get(id)?.release())
    channel.on('tls-open', ({ id, shown }) => {
      this.#identities.add(id)
      owners.open(id, shown)
    })
    channel.on('tls-close', (id) => {
      this.#identities.delete(id)
      owners.close(id)
    })
    channel.on('tls-signed-in', ({ id, username }) => owners.signedIn(id, username))
    channel.on('tls-suspect', (id) => owners.suspect(id))
    channel.answer('ticket-owner', (id) => owners.ownerOf(id))
  }

  [Symbol.dispose](): void {
    for (const claim of this.#claims.values()) claim.release()
    this.#claims.clear()
    for (const id of this.#identities) this.#parts.owners.close(id)
  }

  #claim(id: number, request: ClaimRequest): void {
    const { channel, ports } = this.#parts
    const claim = ports.claim(request)
    this.#claims.set(id, claim)
    claim.port.then((port) => channel.post('claim-armed', { id, port }), ignore)
    claim
      .take()
      .then(
        (socket) => this.#handOver(id, socket),
        (error: unknown) => channel.post('claim-ended', { id, isBusy: hasCode(error, 'busy') }),
      )
      .finally(() => this.#claims.delete(id))
      .catch(ignore)
  }

  #handOver(id: number, socket: Socket): void {
    const { channel } = this.#parts
    const taken = takeApart(socket)
    if (taken === undefined) channel.post('claim-ended', { id, isBusy: false })
    else channel.hand('claim-matched', { id, bytes: taken.bytes }, taken.handle)
  }
}

interface ReadingHandle extends OpenHandle {
  readStop(): void
  /** Node's own mark: a handle that reads is not told to begin. */
  reading: boolean
}

/**
 * The connection behind a socket, and the bytes that have been read and not taken; undefined when it is gone. A paused
 * socket goes on reading from the kernel until its buffer is full: what it read once its handle has left would be lost.
 */
function takeApart(socket: Socket): { handle: OpenHandle; bytes: Buffer } | undefined {
  const owner = socket as unknown as { _handle: ReadingHandle | null }
  const handle = owner._handle
  if (socket.destroyed || handle === null) return undefined
  handle.readStop()
  handle.reading = true
  const bytes = socket.readableLength > 0 ? (socket.read() as Buffer) : Buffer.alloc(0)
  owner._handle = null
  socket.destroy()
  return { handle, bytes }
}

function ignore(): void {}
