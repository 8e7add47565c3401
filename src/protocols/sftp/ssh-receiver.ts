import { Socket, type SocketConstructorOpts } from 'node:net'
import { proxyHeaderTimeoutMs, readProxyHeader } from '../proxy-header.ts'
import { takeHandle } from '../take-handle.ts'
import { ReceiveSlabs } from './receive-slabs.ts'
import type { SshTransport } from './ssh-transport.ts'

/** From this many bytes at a time on, a connection is read into slabs of its own. */
const bulkBytes = 16 * 1024
/** Below this many it goes back to the memory that all share. */
const smallBytes = 4 * 1024
/**
 * Where small reads of all connections land, one after the other: each is copied out before the next. Node's own way
 * takes 64 KiB of new memory for a request of fifty bytes.
 */
const landing = Buffer.allocUnsafeSlow(64 * 1024)

/** What `Socket` takes besides its declared options: the open connection of another one. */
interface AdoptingOptions extends Omit<SocketConstructorOpts, 'handle'> {
  readonly handle: unknown
  readonly manualStart: true
}

/**
 * Reads a connection for ssh2: a socket that hands out what comes in whole packets, each where it landed, so that
 * it is decrypted there and its data goes to the disk from there.
 */
export class SshReceiver {
  /** Has taken the place of the socket that was given, which is of no use any more. */
  readonly socket: Socket
  /** The client's, where it is known: of the socket, or what a proxy told. */
  address: string
  readonly #slabs = new ReceiveSlabs()
  #transport: SshTransport | undefined
  #isBulk = false
  /** The beginning of a packet that landed in the shared memory. */
  #rest = Buffer.alloc(0)
  /** Runs while a proxy still has to say who the client is. */
  #headerTimer: NodeJS.Timeout | undefined

  /** `accepted` is paused and has not been read from. A PROXY header comes first where `isProxied`. */
  constructor(accepted: Socket, isProxied = false) {
    this.address = accepted.remoteAddress ?? ''
    const options: AdoptingOptions = {
      handle: takeHandle(accepted),
      allowHalfOpen: false,
      manualStart: true,
      onread: { buffer: () => this.#target(), callback: (count) => this.#received(count) },
    }
    this.socket = new Socket(options as SocketConstructorOpts)
    this.socket.on('close', () => {
      this.#slabs.end()
      clearTimeout(this.#headerTimer)
    })
    if (isProxied) this.#headerTimer = setTimeout(() => this.socket.destroy(), proxyHeaderTimeoutMs)
  }

  /** From now on packets can be told apart. */
  frameBy(transport: SshTransport): void {
    this.#transport = transport
  }

  #target(): Buffer {
    return this.#isBulk ? this.#slabs.target : landing
  }

  #received(count: number): boolean {
    // What is answered at once, the parts of a key exchange for one, leaves in one write.
    this.socket.cork()
    this.#receive(count)
    this.socket.uncork()
    return true
  }

  #receive(count: number): void {
    if (this.#isBulk) {
      this.#slabs.fill(count)
      this.#slabs.take(this.#handOut(this.#slabs.bytes))
      if (count < smallBytes && this.#slabs.isEmpty) {
        this.#slabs.end()
        this.#isBulk = false
      }
      return
    }
    let bytes = Buffer.concat([this.#rest, landing.subarray(0, count)])
    if (this.#headerTimer) {
      const header = readProxyHeader(bytes)
      if (header === 'malformed') return void this.socket.destroy()
      if (header === 'incomplete') return void (this.#rest = bytes)
      clearTimeout(this.#headerTimer)
      this.#headerTimer = undefined
      this.address = header.address ?? this.address
      bytes = bytes.subarray(header.length)
    }
    this.#rest = bytes.subarray(this.#handOut(bytes))
    if (count >= bulkBytes) this.#startBulk()
  }

  #startBulk(): void {
    if (this.socket.destroyed) return
    this.#isBulk = true
    this.#slabs.fill(this.#rest.copy(this.#slabs.target))
    this.#rest = Buffer.alloc(0)
  }

  /** Hands out the whole packets at the beginning; answers how many bytes they were. */
  #handOut(bytes: Buffer): number {
    let at = 0
    while (at < bytes.length && !this.socket.destroyed) {
      const left = bytes.subarray(at)
      const length = this.#transport?.receivedLength(left)
      if (length === undefined || this.#transport?.isExchangingKeys) {
        // ssh2 puts the pieces together itself, and keeps parts of what it gets.
        const copied = length === undefined ? left : left.subarray(0, length)
        if (length !== undefined && copied.length < length) break
        this.socket.emit('data', Buffer.from(copied))
        at += copied.length
      } else if (length > left.length) break
      else {
        this.socket.emit('data', left.subarray(0, length))
        at += length
      }
    }
    return at
  }
}
