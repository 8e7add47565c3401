import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  type Decipheriv,
  randomBytes,
} from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import {
  clientShares,
  exchangeHash,
  type KeyExchangeName,
  sshString,
  sshStrings,
} from './raw-ssh-key-exchange.ts'

/** Message numbers of RFC 4250 §4.1.2. */
export const sshMessage = {
  disconnect: 1,
  ignore: 2,
  unimplemented: 3,
  debug: 4,
  serviceRequest: 5,
  serviceAccept: 6,
  extInfo: 7,
  kexInit: 20,
  newKeys: 21,
  kexInitial: 30,
  kexReply: 31,
  authRequest: 50,
  authSuccess: 52,
  globalRequest: 80,
  requestSuccess: 81,
  requestFailure: 82,
} as const

const identification = 'SSH-2.0-raw'
const cipherName = 'aes128-ctr'
const macName = 'hmac-sha2-256-etm@openssh.com'
const macLength = 32

interface Keys {
  readonly cipher: Cipheriv | Decipheriv
  readonly macKey: Buffer
}

/** The connection ended. `reason` is that of the DISCONNECT before it, if there was one. */
export class SshEnded extends Error {
  readonly reason: number | undefined

  constructor(reason: number | undefined) {
    super(`the server ended the connection${reason === undefined ? '' : ` for reason ${reason}`}`)
    this.reason = reason
  }
}

/**
 * An SSH client from the RFCs and Node's crypto alone, one message at a time: says what no library would, and shares
 * no code with the server. Knows aes128-ctr with an encrypt-then-MAC, whose MAC counts packets.
 */
export class RawSsh implements Disposable {
  readonly #socket: Socket
  readonly #chunks: AsyncIterator<Buffer>
  readonly #kex: KeyExchangeName
  readonly #isStrict: boolean
  #received = Buffer.alloc(0)
  #serverIdentification = ''
  #sent = 0
  #read = 0
  #outKeys: Keys | undefined
  #inKeys: Keys | undefined
  #sessionId: Buffer | undefined
  #offers: [Buffer, Buffer] | undefined
  #announcement: Buffer | undefined
  #nextKeys: { out: Keys; in: Keys } | undefined

  private constructor(socket: Socket, kex: KeyExchangeName, isStrict: boolean) {
    this.#socket = socket
    this.#chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
    this.#kex = kex
    this.#isStrict = isStrict
  }

  /** Connects and exchanges identifications; nothing more. */
  static async open(
    port: number,
    { kex = 'curve25519-sha256', strict = true }: { kex?: KeyExchangeName; strict?: boolean } = {},
  ): Promise<RawSsh> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    const client = new RawSsh(socket, kex, strict)
    socket.write(`${identification}\r\n`)
    while (!client.#received.includes('\n')) await client.#receive()
    const end = client.#received.indexOf('\n')
    client.#serverIdentification = client.#received.toString('latin1', 0, end).trim()
    client.#received = client.#received.subarray(end + 1)
    return client
  }

  get sessionId(): Buffer {
    if (!this.#sessionId) throw new Error('there were no keys yet')
    return this.#sessionId
  }

  /** The first global request after the sign-in, whose fields after its head are strings. */
  get announcement(): { name: string; wantsReply: boolean; strings: Buffer[] } {
    const payload = this.#announcement
    if (!payload) throw new Error('there was none yet')
    const end = 5 + payload.readUInt32BE(1)
    const name = payload.toString('latin1', 5, end)
    return { name, wantsReply: payload[end] === 1, strings: sshStrings(payload.subarray(end + 1)) }
  }

  /** Exchanges keys, signs in as ann, and reads which host keys there are. */
  static async signedIn(port: number, options?: Parameters<typeof RawSsh.open>[1]): Promise<RawSsh> {
    const client = await RawSsh.open(port, options)
    await client.exchangeKeys()
    await client.signIn('ann', 'ann-password')
    client.#announcement = await client.nextOf(sshMessage.globalRequest)
    return client
  }

  /** `skip` are messages that the server may send before it knows of this. */
  async exchangeKeys({ skip = [] }: { skip?: readonly number[] } = {}): Promise<void> {
    await this.sendOffer({ skip })
    await this.sendShare()
    this.sendNewKeys()
    await this.readNewKeys()
  }

  /** Sends SSH_MSG_KEXINIT and reads the server's. `guess` is the message that follows at once, where one does (RFC 4253 §7). */
  async sendOffer({ skip = [], guess }: { skip?: readonly number[]; guess?: Buffer } = {}): Promise<void> {
    const kex = [this.#kex, ...(this.#isStrict ? ['kex-strict-c-v00@openssh.com'] : [])]
    const twice = (name: string) => [name, name]
    const lists = [kex.join(','), 'ssh-ed25519', ...[cipherName, macName, 'none', ''].flatMap(twice)]
    const cookie = Buffer.concat([Buffer.from([sshMessage.kexInit]), randomBytes(16)])
    const end = Buffer.from([guess ? 1 : 0, 0, 0, 0, 0])
    const offer = Buffer.concat([cookie, ...lists.map(sshString), end])
    this.send(offer)
    if (guess) this.send(guess)
    this.#offers = [offer, await this.nextOf(sshMessage.kexInit, { skip })]
  }

  /** Sends `init`, or what belongs there, reads the reply and derives the keys. */
  async sendShare(init?: Buffer): Promise<void> {
    const share = clientShares[this.#kex]()
    this.send(Buffer.concat([Buffer.from([sshMessage.kexInitial]), sshString(init ?? share.init)]))
    const reply = await this.nextOf(sshMessage.kexReply)
    if (!this.#offers) throw new Error('there was no offer')
    const { hash, secret } = exchangeHash({
      identifications: [identification, this.#serverIdentification],
      offers: this.#offers,
      init: share.init,
      reply,
      secretFrom: (bytes) => share.secretFrom(bytes),
    })
    this.#sessionId ??= hash
    const derive = (letter: string, length: number) =>
      createHash('sha256')
        .update(Buffer.concat([secret, hash, Buffer.from(letter), this.sessionId]))
        .digest()
        .subarray(0, length)
    const cipher = (make: typeof createCipheriv | typeof createDecipheriv, iv: string, key: string) =>
      make('aes-128-ctr', derive(key, 16), derive(iv, 16))
    this.#nextKeys = {
      out: { cipher: cipher(createCipheriv, 'A', 'C'), macKey: derive('E', 32) },
      in: { cipher: cipher(createDecipheriv, 'B', 'D'), macKey: derive('F', 32) },
    }
  }

  /** `resets` is what the number of the next packet does: by default what was agreed on. */
  sendNewKeys({ resets = this.#isStrict }: { resets?: boolean } = {}): void {
    this.send(Buffer.from([sshMessage.newKeys]))
    this.#outKeys = this.#nextKeys?.out
    if (resets) this.#sent = 0
  }

  async readNewKeys(): Promise<void> {
    await this.nextOf(sshMessage.newKeys)
    this.#inKeys = this.#nextKeys?.in
    if (this.#isStrict) this.#read = 0
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.askToSignIn(username, password)
    await this.nextOf(sshMessage.authSuccess)
  }

  /** Sends the request by password, and waits for no answer. */
  async askToSignIn(username: string, password: string): Promise<void> {
    this.send(Buffer.concat([Buffer.from([sshMessage.serviceRequest]), sshString('ssh-userauth')]))
    await this.nextOf(sshMessage.serviceAccept, { skip: [sshMessage.extInfo] })
    const names = [username, 'ssh-connection', 'password'].map(sshString)
    const request = [Buffer.from([sshMessage.authRequest]), ...names, Buffer.alloc(1), sshString(password)]
    this.send(Buffer.concat(request))
  }

  /** One packet (RFC 4253 §6) under the keys in force. */
  send(payload: Buffer): void {
    const keys = this.#outKeys
    const block = keys ? 16 : 8
    const used = (keys ? 1 : 5) + payload.length
    const padding = block - (used % block) + (block - (used % block) < 4 ? block : 0)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(1 + payload.length + padding)
    const body = Buffer.concat([Buffer.from([padding]), payload, Buffer.alloc(padding)])
    const sealed = keys ? keys.cipher.update(body) : body
    const mac = keys ? [macOf(keys, this.#sent, length, sealed)] : []
    if (!this.#socket.destroyed) this.#socket.write(Buffer.concat([length, sealed, ...mac]))
    this.#sent++
  }

  /** The payload of the next packet. @throws SshEnded where there is none */
  async next(): Promise<Buffer> {
    const keys = this.#inKeys
    const length = Buffer.from(await this.#take(4))
    const sealed = await this.#take(length.readUInt32BE())
    if (keys && !(await this.#take(macLength)).equals(macOf(keys, this.#read, length, sealed)))
      throw new Error(`packet ${this.#read} has another MAC`)
    this.#read++
    const body = keys ? keys.cipher.update(sealed) : sealed
    const payload = body.subarray(1, body.length - (body[0] ?? 0))
    if (payload[0] === sshMessage.disconnect) throw new SshEnded(payload.readUInt32BE(1))
    return payload
  }

  /** The payload of the next packet, which has to be of type `type`. */
  async nextOf(type: number, { skip = [] }: { skip?: readonly number[] } = {}): Promise<Buffer> {
    for (;;) {
      const payload = await this.next()
      if (payload[0] === type) return payload
      if (!skip.includes(payload[0] ?? 0)) throw new Error(`message ${payload[0]} instead of ${type}`)
    }
  }

  /** Reads on until the server ends the connection. */
  async ended(): Promise<SshEnded> {
    try {
      for (;;) await this.next()
    } catch (error) {
      if (error instanceof SshEnded) return error
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#received.length < length) await this.#receive()
    const taken = this.#received.subarray(0, length)
    this.#received = this.#received.subarray(length)
    return taken
  }

  async #receive(): Promise<void> {
    // A reset ends the connection as well as an end does.
    const chunk = await this.#chunks.next().catch(() => undefined)
    if (!chunk || chunk.done) throw new SshEnded(undefined)
    this.#received = Buffer.concat([this.#received, chunk.value])
  }
}

function macOf({ macKey }: Keys, sequence: number, length: Buffer, sealed: Buffer): Buffer {
  const number = Buffer.alloc(4)
  number.writeUInt32BE(sequence)
  return createHmac('sha256', macKey)
    .update(Buffer.concat([number, length, sealed]))
    .digest()
}
