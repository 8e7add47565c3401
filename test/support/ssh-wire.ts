import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const nameLists = [
  'kex',
  'hostKey',
  'cipherIn',
  'cipherOut',
  'macIn',
  'macOut',
  'compressionIn',
  'compressionOut',
] as const

export type Offer = Record<(typeof nameLists)[number], readonly string[]>

const kexInit = 20

/** What a server offers in its first message (RFC 4253 §7.1), read without any SSH library. */
export async function readOffer(port: number): Promise<Offer> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write('SSH-2.0-probe\r\n')
    let received = Buffer.alloc(0)
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk])
      const payload = firstPayload(received)
      if (payload) return parseOffer(payload)
    }
    throw new Error(`the server closed after ${received.toString('latin1')}`)
  } finally {
    socket.destroy()
  }
}

function firstPayload(received: Buffer): Buffer | undefined {
  const start = received.indexOf('\n') + 1
  if (start === 0 || received.length < start + 5) return undefined
  const length = received.readUInt32BE(start)
  if (received.length < start + 4 + length) return undefined
  return received.subarray(start + 5, start + 4 + length - (received[start + 4] ?? 0))
}

function parseOffer(payload: Buffer): Offer {
  if (payload[0] !== kexInit) throw new Error(`message ${payload[0]} came first`)
  let at = 17
  const offer: Partial<Record<keyof Offer, readonly string[]>> = {}
  for (const name of nameLists) {
    const length = payload.readUInt32BE(at)
    offer[name] = payload.toString('latin1', at + 4, at + 4 + length).split(',')
    at += 4 + length
  }
  return offer as Offer
}

/** A TCP connection that sends what it likes and only watches when the other side ends it. */
export class BareConnection implements Disposable {
  readonly socket: Socket
  readonly closed: Promise<void>
  received = ''

  private constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => (this.received += chunk.toString('latin1')))
    socket.on('end', () => socket.end())
  }

  static async open(port: number): Promise<BareConnection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new BareConnection(socket)
  }

  send(bytes: string | Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes)
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

/** A packet of SFTP version 3. */
export function sftpPacket(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(body.length + 1, 0)
  head[4] = type
  return Buffer.concat([head, body])
}
