import type { Socket } from 'node:net'

/** What a server needs to know of a ClientHello before it answers (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2). */
export interface ClientHello {
  readonly serverName: string | undefined
  /** Tickets offered for resumption: session_ticket of TLS 1.2, identities of pre_shared_key of TLS 1.3. */
  readonly tickets: readonly Buffer[]
}

const maxHelloBytes = 64 * 1024
const handshakeRecord = 22
const clientHelloMessage = 1
const serverNameExtension = 0
const sessionTicketExtension = 35
const preSharedKeyExtension = 41

/** @returns undefined when more bytes are needed, 'other' when this is no ClientHello. */
export function parseClientHello(bytes: Buffer): ClientHello | 'other' | undefined {
  if (bytes.length > 0 && bytes[0] !== handshakeRecord) return 'other'
  const message = handshakeMessage(bytes)
  if (message === undefined || message === 'other') return message
  try {
    return readHello(new Cursor(message))
  } catch {
    return 'other'
  }
}

/** The first handshake message, which may be spread over records. */
function handshakeMessage(bytes: Buffer): Buffer | 'other' | undefined {
  const fragments: Buffer[] = []
  let collected = 0
  for (let at = 0; at + 5 <= bytes.length;) {
    if (bytes[at] !== handshakeRecord || bytes[at + 1] !== 3) return 'other'
    const length = bytes.readUInt16BE(at + 3)
    if (length === 0 || length > 16_384) return 'other'
    const fragment = bytes.subarray(at + 5, at + 5 + length)
    fragments.push(fragment)
    collected += fragment.length
    at += 5 + length
    if (collected < 4) continue
    const message = Buffer.concat(fragments)
    const messageLength = message.readUIntBE(1, 3)
    if (message[0] !== clientHelloMessage || messageLength > maxHelloBytes) return 'other'
    if (collected >= 4 + messageLength) return message.subarray(4, 4 + messageLength)
  }
  return bytes.length > maxHelloBytes ? 'other' : undefined
}

function readHello(hello: Cursor): ClientHello {
  hello.skip(2 + 32)
  hello.vector(1)
  hello.vector(2)
  hello.vector(1)
  const found: { serverName: string | undefined; tickets: Buffer[] } = { serverName: undefined, tickets: [] }
  if (hello.isAtEnd) return found
  const extensions = new Cursor(hello.vector(2))
  while (!extensions.isAtEnd) {
    const type = extensions.uint16()
    const body = extensions.vector(2)
    if (type === serverNameExtension) found.serverName = readServerName(new Cursor(body))
    else if (type === sessionTicketExtension && body.length > 0) found.tickets.push(body)
    else if (type === preSharedKeyExtension) found.tickets.push(...readIdentities(new Cursor(body)))
  }
  return found
}

function readServerName(body: Cursor): string | undefined {
  const names = new Cursor(body.vector(2))
  while (!names.isAtEnd) {
    const type = names.uint8()
    const name = names.vector(2).toString('latin1')
    if (type === 0) return name
  }
  return undefined
}

function readIdentities(body: Cursor): Buffer[] {
  const identities = new Cursor(body.vector(2))
  const found: Buffer[] = []
  while (!identities.isAtEnd) {
    found.push(identities.vector(2))
    identities.skip(4)
  }
  return found
}

/** Reads big-endian fields. @throws RangeError past the end */
class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  skip(count: number): void {
    this.#take(count)
  }

  uint8(): number {
    return this.#take(1).readUInt8()
  }

  uint16(): number {
    return this.#take(2).readUInt16BE()
  }

  /** A field with its length before it, in `lengthBytes`. */
  vector(lengthBytes: 1 | 2): Buffer {
    return this.#take(this.#take(lengthBytes).readUIntBE(0, lengthBytes))
  }

  #take(count: number): Buffer {
    const end = this.#at + count
    if (end > this.#bytes.length) throw new RangeError('The message is too short')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}

/**
 * Waits for the ClientHello on a paused socket and puts every byte back for who reads next. `onRead` is called once;
 * it gets undefined when what arrives is something else, or nothing more.
 */
export class ClientHelloPeek {
  readonly #socket: Socket
  readonly #onRead: (hello: ClientHello | undefined) => void
  #seen: Buffer = Buffer.alloc(0)
  #isDone = false

  constructor(socket: Socket, onRead: (hello: ClientHello | undefined) => void) {
    this.#socket = socket
    this.#onRead = onRead
    socket.on('data', this.#receive).once('end', this.#giveUp).once('close', this.#giveUp)
    if (socket.destroyed) queueMicrotask(this.#giveUp)
    else socket.resume()
  }

  /** Leaves the socket as it was found: paused, with all its bytes. Idempotent. */
  stop(): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#socket.pause()
    this.#socket.off('data', this.#receive).off('end', this.#giveUp).off('close', this.#giveUp)
    if (this.#seen.length > 0 && !this.#socket.destroyed && !this.#socket.readableEnded)
      this.#socket.unshift(this.#seen)
  }

  readonly #receive = (chunk: Buffer): void => {
    this.#seen = Buffer.concat([this.#seen, chunk])
    const hello = parseClientHello(this.#seen)
    if (hello === undefined) return
    this.stop()
    this.#onRead(hello === 'other' ? undefined : hello)
  }

  readonly #giveUp = (): void => {
    if (this.#isDone) return
    this.stop()
    this.#onRead(undefined)
  }
}

/** The same as a promise. @throws the reason of `signal` */
export function peekClientHello(socket: Socket, signal: AbortSignal): Promise<ClientHello | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      peek.stop()
      reject(signal.reason as Error)
    }
    const peek = new ClientHelloPeek(socket, (hello) => {
      signal.removeEventListener('abort', onAbort)
      resolve(hello)
    })
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
