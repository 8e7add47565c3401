import type { Socket } from 'node:net'
import { constants } from 'node:os'
import { TLSSocket } from 'node:tls'

/** What libuv answers when it is told to read where it reads already. */
const alreadyReading = -constants.errno.EALREADY

/** The parts of Node's own object behind a socket that are used here. */
interface Handle {
  readonly reading: boolean
  readStart(): number
}

/** A TLS stream that knows whether its sender has ended it, or somebody has cut the TCP connection below it. */
export class TruncationAwareSocket extends TLSSocket {
  readonly #raw: Socket
  isTruncated = false

  constructor(socket: Socket, options: ConstructorParameters<typeof TLSSocket>[1]) {
    super(socket, options)
    this.#raw = socket
  }

  /**
   * Node ends the stream in the same way with and without close_notify. But when it is because TCP has ended, that
   * has ended before: libuv reads no more. (A stream of our own between TCP and TLS would see it too, at the cost of
   * a quarter of the speed.)
   */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null && hasEnded(this.#raw)) this.isTruncated = true
    return super.push(chunk, encoding)
  }
}

/** True when TCP has told its end, or is gone. */
function hasEnded(socket: Socket): boolean {
  const { _handle: handle } = socket as unknown as { _handle: Handle | null }
  if (!handle) return true
  // Stopped by us, TCP could not have told: it was TLS, in bytes that had come before.
  if (!handle.reading) return false
  return handle.readStart() !== alreadyReading
}
