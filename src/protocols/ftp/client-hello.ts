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
  return new ClientHelloReader().push(bytes)
}

/**
 * Reads the first handshake message, which may be spread over records (RFC 8446 §5.1). Every byte is looked at once,
 * however they are cut: anybody may send them, in records of one byte if they like.
 */
class ClientHelloReader {
  readonly #header = Buffer.alloc(5)
  #headerLength = 0
  #recordLeft = 0
  readonly #fragments: Buffer[] = []
  #collected = 0
  /** With its header of four bytes; unknown before they are there. */
  #messageLength: number | undefined
  #received = 0

  /** Takes the bytes that follow those before; the answer is that of parseClientHello(). */
  push(chunk: Buffer): ClientHello | 'other' | undefined {
    this.#received += chunk.length
    for (let at = 0; at < chunk.length;) {
      if (this.#recordLeft === 0) {
        if (!this.#takeHeader(chunk.readUInt8(at++))) return 'other'
        continue
      }
      const fragment = chunk.subarray(at, at + this.#recordLeft)
      at += fragment.length
      const found = this.#takeFragment(fragment)
      if (found !== undefined) return found
    }
    return this.#received > maxHelloBytes ? 'other' : undefined
  }

  /** False when this is no record of a handshake. */
  #takeHeader(byte: number): boolean {
    this.#header[this.#headerLength++] = byte
    if (this.#headerLength < this.#header.length) return this.#header[0] === handshakeRecord
    this.#headerLength = 0
    this.#recordLeft = this.#header.readUInt16BE(3)
    return this.#header[1] === 3 && this.#recordLeft > 0 && this.#recordLeft <= 16_384
  }

  #takeFragment(fragment: Buffer): ClientHello | 'other' | undefined {
    this.#recordLeft -= fragment.length
    this.#fragments.push(fragment)
    this.#collected += fragment.length
    if (this.#collected < 4) return undefined
    this.#messageLength ??= messageLengthIn(Buffer.concat(this.#fragments))
    if (this.#messageLength > maxHelloBytes) return 'other'
    if (this.#collected < this.#messageLength) return undefined
    try {
      return readHello(new Cursor(Buffer.concat(this.#fragments).subarray(4, this.#messageLength)))
    } catch {
      return 'other'
    }
  }
}

/** Infinity for another message than a ClientHello. */
function messageLengthIn(message: Buffer): number {
  return message[0] === clientHelloMessage ? 4 + message.readUIntBE(1, 3) : Infinity
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

/** Those that have been looked at: who answers a connection may be another than who found out whose it is. */
const seen = new WeakMap<Socket, ClientHello>()

/**
 * Waits for the ClientHello on a paused socket and puts every byte back for who reads next. `onRead` is called once;
 * it gets undefined when what arrives is something else, or nothing more.
 */
export class ClientHelloPeek {
  readonly #socket: Socket
  readonly #onRead: (hello: ClientHello | undefined) => void
  readonly #reader = new ClientHelloReader()
  readonly #seen: Buffer[] = []
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
      this.#socket.unshift(Buffer.concat(this.#seen))
  }

  readonly #receive = (chunk: Buffer): void => {
    this.#seen.push(chunk)
    const hello = this.#reader.push(chunk)
    if (hello === undefined) return
    this.stop()
    if (hello !== 'other') seen.set(this.#socket, hello)
    this.#onRead(hello === 'other' ? undefined : hello)
  }

  readonly #giveUp = (): void => {
    if (this.#isDone) return
    this.stop()
    this.#onRead(undefined)
  }
}

/** The ClientHello of a socket that has been looked at before and still has it; else undefined. */
export function seenClientHello(socket: Socket): ClientHello | undefined {
  return socket.destroyed || socket.readableEnded ? undefined : seen.get(socket)
}

/** Waits for the ClientHello as `ClientHelloPeek` does. @throws the reason of `signal` */
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
