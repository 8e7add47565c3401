import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { bearerOf, isAllowed } from './http.ts'
import type { World } from './world.ts'

const route = /^\/v[12]\/users\/([^/]+)\/events$/
// RFC 6455 §1.3
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export function isForEvents(target: string): boolean {
  return route.test(target.split('?')[0] ?? '')
}

/** The platform's event stream: clients subscribe by name or '*', and are told what matches. */
export class EventStream {
  readonly #subscriptions = new Map<Duplex, Set<string>>()

  accept(world: World, request: IncomingMessage, socket: Duplex): void {
    const url = new URL(request.url ?? '/', 'http://fake')
    const caller = world.identify(bearerOf(request, url) ?? '')
    const owner = route.exec(url.pathname)?.[1] ?? ''
    const need = { owner, entity: 'User', resource: owner, action: 'SubscribeUserEvents' }
    if (caller === undefined || !isAllowed(caller, need, true)) {
      const status = caller === undefined ? '401 Unauthorized' : '403 Forbidden'
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    this.#open(request, socket)
  }

  emit(event: { readonly event: string } & Record<string, unknown>): void {
    const payload = Buffer.from(JSON.stringify(event))
    for (const [socket, names] of this.#subscriptions) {
      if (names.has('*') || names.has(event.event)) socket.write(frame(payload))
    }
  }

  /** How many clients have subscribed to something. */
  get subscribers(): number {
    return [...this.#subscriptions.values()].filter((names) => names.size > 0).length
  }

  #open(request: IncomingMessage, socket: Duplex): void {
    const key = request.headers['sec-websocket-key'] ?? ''
    const accept = createHash('sha1')
      .update(key + acceptSuffix)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    )
    const names = new Set<string>()
    this.#subscriptions.set(socket, names)
    let received = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      for (let text = take(); text !== undefined; text = take()) this.#subscribe(names, text)
    })
    const take = (): string | undefined => {
      const parsed = parseFrame(received)
      if (parsed !== undefined) received = received.subarray(parsed.end)
      return parsed?.text
    }
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#subscriptions.delete(socket))
  }

  #subscribe(names: Set<string>, text: string): void {
    if (text === '') return
    const { event } = JSON.parse(text) as { event?: string }
    if (event !== undefined) names.add(event)
  }
}

/** One whole masked frame of under 64 KiB; anything but text reads as ''. RFC 6455 §5.2 */
function parseFrame(bytes: Buffer): { text: string; end: number } | undefined {
  if (bytes.length < 6) return undefined
  const isShort = (bytes.readUInt8(1) & 0x7f) < 126
  const length = isShort ? bytes.readUInt8(1) & 0x7f : bytes.readUInt16BE(2)
  const start = isShort ? 6 : 8
  if (bytes.length < start + length) return undefined
  const mask = bytes.subarray(start - 4, start)
  const payload = bytes.subarray(start, start + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  const isText = (bytes.readUInt8(0) & 0x0f) === 1
  return { text: isText ? Buffer.from(payload).toString() : '', end: start + length }
}

function frame(payload: Buffer): Buffer {
  const header = payload.length < 126 ? Buffer.from([0x81, payload.length]) : Buffer.from([0x81, 126, 0, 0])
  if (payload.length >= 126) header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, payload])
}
