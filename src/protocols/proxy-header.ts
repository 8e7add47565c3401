import type { Socket } from 'node:net'
import { bytesOf } from '../core/auth/address-list.ts'

/** How long a proxy may take to send the header, in milliseconds. */
export const proxyHeaderTimeoutMs = 5_000
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const textStart = Buffer.from('PROXY ')
/** With the line end. */
const maxTextBytes = 107
const fixedBytes = 16
/** What the binary form may hold after its fixed part, type-length-value records among it. */
const maxVariableBytes = 4096

/** Bytes to leave out, and the client's address, where the proxy tells one: it speaks for itself in a health check. */
export interface ProxyHeader {
  readonly length: number
  readonly address: string | undefined
}

/**
 * The header that begins `bytes`, in version 1 or 2 of the PROXY protocol (proxy-protocol.txt of HAProxy, §2).
 * 'incomplete' while more has to come, 'malformed' when it cannot become one.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'incomplete' | 'malformed' {
  if (startsLike(bytes, signature)) return readBinary(bytes)
  if (startsLike(bytes, textStart)) return readText(bytes)
  return 'malformed'
}

/** §2.1 */
function readText(bytes: Buffer): ProxyHeader | 'incomplete' | 'malformed' {
  const end = bytes.subarray(0, maxTextBytes).indexOf('\r\n')
  if (end === -1) return bytes.length < maxTextBytes ? 'incomplete' : 'malformed'
  const length = end + 2
  const line = bytes.toString('latin1', 0, end)
  if (/^PROXY UNKNOWN(?: .*)?$/.test(line)) return { length, address: undefined }
  const [, family, source = '', target = '', ...ports] =
    /^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/.exec(line) ?? []
  const size = family === '4' ? 4 : 16
  const isRight =
    family !== undefined &&
    [source, target].every((address) => bytesOf(address)?.length === size) &&
    ports.every((port) => Number(port) <= 65535)
  return isRight ? { length, address: source } : 'malformed'
}

/** §2.2 */
function readBinary(bytes: Buffer): ProxyHeader | 'incomplete' | 'malformed' {
  if (bytes.length < fixedBytes) return 'incomplete'
  const command = bytes.readUInt8(12)
  const family = bytes.readUInt8(13)
  const size = bytes.readUInt16BE(14)
  if ((command !== 0x20 && command !== 0x21) || size > maxVariableBytes) return 'malformed'
  const length = fixedBytes + size
  const addressBytes = family === 0x11 ? 4 : family === 0x21 ? 16 : 0
  const isToldAddress = command === 0x21 && addressBytes > 0
  if (isToldAddress && size < 2 * addressBytes + 4) return 'malformed'
  if (bytes.length < length) return 'incomplete'
  // What is no TCP, and what the proxy says of itself, is taken for what the socket says.
  if (!isToldAddress) return { length, address: undefined }
  return { length, address: addressText(bytes.subarray(fixedBytes, fixedBytes + addressBytes)) }
}

/** Takes the header off a socket that nobody else reads yet. @throws when it is malformed, late, or the socket ends */
export async function takeProxyHeader(
  socket: Socket,
  timeoutMs = proxyHeaderTimeoutMs,
): Promise<ProxyHeader> {
  const { promise, resolve, reject } = Promise.withResolvers<ProxyHeader>()
  let bytes = Buffer.alloc(0)
  const fail = (why: string) => reject(new Error(`PROXY header: ${why}`))
  const receive = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk])
    const header = readProxyHeader(bytes)
    if (header === 'incomplete') return
    socket.pause()
    socket.off('data', receive)
    if (header === 'malformed') return fail('malformed')
    if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length))
    resolve(header)
  }
  const onClose = (): void => fail('the connection was closed')
  const timer = setTimeout(() => fail('did not come in time'), timeoutMs)
  socket.on('data', receive).on('close', onClose)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    socket.off('close', onClose).off('data', receive)
  }
}

function startsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length)
  return bytes.subarray(0, length).equals(start.subarray(0, length))
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  // As Node shows addresses, so that a client has one name.
  return URL.parse(`http://[${groups.join(':')}]/`)?.hostname.slice(1, -1) ?? groups.join(':')
}
