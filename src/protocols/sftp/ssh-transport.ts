import type { Socket } from 'node:net'
import type { Connection } from 'ssh2'
import { type DisconnectReason, disconnectPayload } from './disconnect-message.ts'
import { isCommandUtf8 } from './ssh-fields.ts'
import {
  channelDataMessage,
  packetHeaderLength,
  packetLength,
  type PacketShape,
  sealPacket,
} from './ssh-packet.ts'

/** The parts of ssh2's cipher objects that are used here; compiled ciphers encrypt in place. */
interface Cipher {
  _onWrite: (packet: Uint8Array) => void
  readonly _encBlockLen?: number
  readonly _aadLen?: number
  readonly _macLen?: number
  readonly _macActualLen?: number
  allocPacket(payloadLength: number): Buffer
  encrypt(packet: Buffer): void
}

/** The parts of ssh2's decipher objects that are used here; the second three tell how much of a packet they hold. */
interface Decipher {
  readonly inSeqno: number
  readonly _lenBytes?: number
  readonly _lenPos?: number
  readonly _blockPos?: number
  readonly _macETM?: boolean
  readonly _macActualLen?: number
  readonly _instance: { decryptLen(length: Buffer, sequence: number): number }
}

type GlobalRequestHandler = (protocol: unknown, name: string, wantReply: boolean, data: unknown) => void

/** The parts of ssh2's Protocol that have no public name. */
interface Protocol {
  readonly _kexinit: unknown
  readonly _cipher: Cipher
  readonly _decipher: Decipher | undefined
  _onPayload: (payload: Buffer) => unknown
  /** Of the last key exchange that has begun. */
  readonly _kex:
    | {
        readonly sessionID: Buffer
        readonly negotiated: { readonly serverHostKey: string }
        readonly _sentNEWKEYS: boolean
      }
    | undefined
  readonly _handlers: { GLOBAL_REQUEST: GlobalRequestHandler }
  requestSuccess(data: Buffer): void
  requestFailure(): void
  channelData(channel: number, bytes: Uint8Array): void
  channelExtData(channel: number, bytes: Uint8Array, type: number): void
  channelEOF(channel: number): void
  channelClose(channel: number): void
  channelWindowAdjust(channel: number, bytes: number): void
  exitStatus(channel: number, status: number): void
  authPKOK(algorithm: string, key: Uint8Array): void
}

/** Unsent bytes of one connection above which nothing more is produced for it. */
const maxPendingBytes = 1024 * 1024
const stderrType = 1
/** For servers to send (RFC 4252 §6, RFC 4256 §3.2): ssh2 would take each for the answer to the oldest request. */
const serversMessages: readonly (number | undefined)[] = [51, 52, 53, 60]
/** ssh2 refuses longer packets, and is to do so at once. */
const maxReceivedLength = 35_000
const lengthBytes = Buffer.alloc(4)

/**
 * The one place that reaches into ssh2: what it sends cannot be held back or laid out through its public side. The
 * tests of this folder run over it, so that an upgrade which moves these parts shows.
 */
export class SshTransport {
  readonly #protocol: Protocol
  readonly #socket: Socket
  /** Of the command that ssh2 tells of right now: it has put U+FFFD for all that is not UTF-8. */
  isCommandUtf8 = true

  constructor(client: Connection, socket: Socket) {
    // ssh2's types leave the members with an underscore out.
    const protocol = (client as unknown as { _protocol: Protocol })._protocol
    this.#protocol = protocol
    this.#socket = socket
    const onPayload = protocol._onPayload
    // ssh2 keeps parts of what it gets, of a key exchange or a sign-in, but of data; that memory is used again.
    protocol._onPayload = (payload) => {
      const [type] = payload
      if (serversMessages.includes(type)) {
        client.emit('error', new Error(`the client sent message ${type}, which servers send`))
        return undefined
      }
      this.isCommandUtf8 = isCommandUtf8(payload)
      return onPayload(type === channelDataMessage ? payload : Buffer.from(payload))
    }
  }

  get isGone(): boolean {
    return !this.#socket.writable
  }

  /** False while keys are exchanged, and while the client does not take what it was sent. */
  get canSend(): boolean {
    return (
      !this.isGone && this.#protocol._kexinit === undefined && this.#socket.writableLength < maxPendingBytes
    )
  }

  get isExchangingKeys(): boolean {
    return this.#protocol._kexinit !== undefined
  }

  /**
   * Bytes of the packet that `bytes` begins with, in all; Infinity when too few are there to tell. Undefined where
   * packets cannot be told apart before they are decrypted, or ssh2 has begun one.
   */
  receivedLength(bytes: Buffer): number | undefined {
    const decipher = this.#protocol._decipher
    if (!decipher || decipher._lenBytes || decipher._lenPos || decipher._blockPos) return undefined
    const kind = decipher.constructor.name
    const isPlain =
      kind === 'AESGCMDecipherBinding' || (kind === 'GenericDecipherBinding' && decipher._macETM)
    if (!isPlain && kind !== 'ChaChaPolyDecipherBinding') return undefined
    if (bytes.length < 4) return Infinity
    bytes.copy(lengthBytes, 0, 0, 4)
    const length = isPlain
      ? lengthBytes.readUInt32BE()
      : decipher._instance.decryptLen(lengthBytes, decipher.inSeqno)
    return length > maxReceivedLength ? undefined : 4 + length + (decipher._macActualLen ?? 16)
  }

  /** Changes with every key exchange. */
  get cipher(): object {
    return this.#protocol._cipher
  }

  /** Undefined for a cipher that does not encrypt in place: then ssh2 makes the packets. */
  get shape(): PacketShape | undefined {
    const cipher = this.#protocol._cipher
    switch (cipher.constructor.name) {
      case 'AESGCMCipherBinding':
        return { blockLength: 16, unpadded: 4, tagLength: 16 }
      case 'ChaChaPolyCipherBinding':
        return { blockLength: 8, unpadded: 4, tagLength: 16 }
      case 'GenericCipherBinding': {
        const { _encBlockLen = 0, _aadLen = 0, _macLen = 0, _macActualLen } = cipher
        if (_encBlockLen === 0 || _macLen !== _macActualLen) return undefined
        return { blockLength: _encBlockLen, unpadded: _aadLen, tagLength: _macLen }
      }
      default:
        return undefined
    }
  }

  /** The exchange hash of the first key exchange (RFC 4253 §7.2). */
  get sessionId(): Buffer {
    return this.#keyExchange.sessionID
  }

  /** The host key algorithm of the last key exchange. */
  get hostKeyAlgorithm(): string {
    return this.#keyExchange.negotiated.serverHostKey
  }

  /** Sends the whole payload of a message that may not come between those of a key exchange. */
  sendGlobalRequest(payload: Buffer): void {
    if (!this.isGone) this.#sendPayload(payload)
  }

  /**
   * Answers global requests of this name, all others are left to ssh2, which answers at once as well: answers have to
   * keep the order of the requests. Undefined is a failure.
   */
  answerGlobalRequests(name: string, answer: (data: Buffer) => Buffer | undefined): void {
    const protocol = this.#protocol
    const others = protocol._handlers.GLOBAL_REQUEST
    protocol._handlers.GLOBAL_REQUEST = (from, asked, wantReply, data) => {
      if (asked !== name || !wantReply || !Buffer.isBuffer(data)) return others(from, asked, wantReply, data)
      const reply = answer(data)
      if (reply) protocol.requestSuccess(reply)
      else protocol.requestFailure()
    }
  }

  /** Collects everything that `work` sends into one write to the socket. */
  together(work: () => void): void {
    this.#socket.cork()
    try {
      work()
    } finally {
      this.#socket.uncork()
    }
  }

  /** Sends `pieces`, `length` bytes in all, as one CHANNEL_DATA; the caller keeps to window and packet size. */
  sendData(channel: number, pieces: readonly Uint8Array[], length: number): void {
    const shape = this.shape
    if (!shape) return this.#protocol.channelData(channel, Buffer.concat(pieces, length))
    const packet = Buffer.allocUnsafe(packetLength(shape, length))
    let at = packetHeaderLength
    for (const piece of pieces) {
      packet.set(piece, at)
      at += piece.length
    }
    sealPacket(packet, shape, channel, length)
    this.#protocol._cipher.encrypt(packet)
  }

  /** Encrypts `packets`, which lie one after the other in `whole`, in place and sends them in one write. */
  sendSealed(packets: readonly Buffer[], whole: Buffer, onSent: () => void): void {
    const cipher = this.#protocol._cipher
    const write = cipher._onWrite
    cipher._onWrite = () => {}
    try {
      for (const packet of packets) cipher.encrypt(packet)
    } finally {
      cipher._onWrite = write
    }
    if (this.isGone) onSent()
    else this.#socket.write(whole, onSent)
  }

  sendError(channel: number, bytes: Uint8Array): void {
    this.#protocol.channelExtData(channel, bytes, stderrType)
  }

  adjustWindow(channel: number, bytes: number): void {
    this.#protocol.channelWindowAdjust(channel, bytes)
  }

  sendExitStatus(channel: number, status: number): void {
    this.#protocol.exitStatus(channel, status)
  }

  sendEof(channel: number): void {
    this.#protocol.channelEOF(channel)
  }

  sendClose(channel: number): void {
    this.#protocol.channelClose(channel)
  }

  /** Tells that a key would be accepted, under the algorithm that the client asked with (RFC 4252 §7). */
  acceptKey(algorithm: string, key: Uint8Array): void {
    this.#protocol.authPKOK(algorithm, key)
  }

  /** Says why, which ssh2 cannot, and ends the connection (RFC 4253 §11.1). */
  disconnect(reason: DisconnectReason, text: string): void {
    if (this.isGone) return
    // Between our NEWKEYS and the client's ssh2 has the old keys, and the client waits for the new ones (RFC 4253 §7.3).
    const isBetweenKeys = this.isExchangingKeys && this.#protocol._kex?._sentNEWKEYS === true
    try {
      if (!isBetweenKeys) this.#sendPayload(disconnectPayload(reason, text))
    } catch {
      // The cipher is freed once ssh2 has given the connection up.
    }
    this.#socket.end()
  }

  get #keyExchange() {
    const { _kex: keyExchange } = this.#protocol
    if (!keyExchange) throw new Error('no key exchange has begun')
    return keyExchange
  }

  #sendPayload(payload: Buffer): void {
    const cipher = this.#protocol._cipher
    const packet = cipher.allocPacket(payload.length)
    packet.set(payload, 5)
    cipher.encrypt(packet)
  }
}
