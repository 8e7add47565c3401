import type { Socket } from 'node:net'
import type { Connection } from 'ssh2'
import { type DisconnectReason, disconnectPayload } from './disconnect-message.ts'
import { waitPatiently } from './patience.ts'
import type { OfferLists } from './ssh-algorithms.ts'
import type { KnownDirection, Protocol } from './ssh2-internals.ts'
import { isCommandUtf8 } from './ssh-fields.ts'
import {
  channelDataMessage,
  packetHeaderLength,
  packetLength,
  type PacketShape,
  sealPacket,
} from './ssh-packet.ts'

/** Unsent bytes of one connection above which nothing more is produced for it. */
const maxPendingBytes = 1024 * 1024
const stderrType = 1
/** A client that waits for our offer of algorithms gets it after this, in milliseconds; over longer links others do, too. */
const offerPatienceMs = 300
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

  /**
   * Keeps the offer of algorithms back until the client has made its own, and lets `choose` say what of all to offer. A client
   * that waits for ours is offered all after a moment. Has to be called before ssh2 makes the offer.
   */
  offerByClient(choose: (client: OfferLists, all: OfferLists) => OfferLists): void {
    const protocol = this.#protocol
    const { kex, serverHostKey, cs, sc } = protocol._offer.lists
    const known = ({ cipher, mac }: KnownDirection) => ({ cipher: cipher.array, mac: mac.array })
    const all = { kex: kex.array, serverHostKey: serverHostKey.array, cs: known(cs), sc: known(sc) }
    const rest = ({ compress, lang }: KnownDirection) => ({ compress: compress.array, lang: lang.array })
    const stopWaiting = waitPatiently(offerPatienceMs, () => {
      if (!this.isGone) protocol.rekey()
    })
    this.#socket.once('close', stopWaiting)
    protocol._chooseOffer = (client) => {
      stopWaiting()
      const chosen = choose(client, all)
      return { ...chosen, cs: { ...chosen.cs, ...rest(cs) }, sc: { ...chosen.sc, ...rest(sc) } }
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
