import { once } from 'node:events'
import { join } from 'node:path'
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2'
import { FieldReader, FieldWriter, packetType } from '../../src/protocols/sftp/sftp-codec.ts'
import { type HostKey, loadHostKeys } from '../../src/protocols/sftp/host-keys.ts'
import { SftpServer, type SftpServerOptions } from '../../src/protocols/sftp/sftp-server.ts'
import { type CoreWorld, type CoreWorldOptions, openCoreWorld } from './core-world.ts'

export type SftpWorldOptions = CoreWorldOptions & Partial<Omit<SftpServerOptions, 'signIn'>>

/** An SFTP server over a core of its own, with a user `ann` who may do everything. */
export class SftpWorld implements AsyncDisposable {
  readonly core: CoreWorld
  readonly server: SftpServer
  readonly hostKeys: readonly HostKey[]
  readonly #clients: Client[] = []

  constructor(core: CoreWorld, server: SftpServer, hostKeys: readonly HostKey[]) {
    this.core = core
    this.server = server
    this.hostKeys = hostKeys
  }

  get port(): number {
    return Number(this.server.addresses[0]?.split(':').at(-1))
  }

  get home(): string {
    return this.core.homeOf('ann')
  }

  /** A client that has signed in as ann, unless `settings` say otherwise. @throws also when the server only closes */
  async connect(settings: ConnectConfig = {}): Promise<Client> {
    const client = new ssh2.Client()
    this.#clients.push(client)
    client.connect({
      host: '127.0.0.1',
      port: this.port,
      username: 'ann',
      password: 'ann-password',
      ...settings,
    })
    const isClosed = once(client, 'close').then(() => Promise.reject(new Error('closed before it was ready')))
    await Promise.race([once(client, 'ready'), isClosed])
    client.on('error', () => {})
    return client
  }

  async openSftp(settings: ConnectConfig = {}): Promise<RawSftp> {
    return RawSftp.open(await this.connect(settings))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.end()
    await this.server.stop(0)
    await this.core[Symbol.asyncDispose]()
  }
}

let sharedKeys: Promise<readonly HostKey[]> | undefined

export async function openSftpWorld(options: SftpWorldOptions = {}): Promise<SftpWorld> {
  await using stack = new AsyncDisposableStack()
  const core = stack.use(await openCoreWorld(options))
  await core.addUser('ann')
  // An RSA key takes a second to make: one set serves all worlds of a test file.
  sharedKeys ??= loadHostKeys(join(core.directory, 'state'), core.log)
  const hostKeys = options.hostKeys ?? (await sharedKeys)
  const server = new SftpServer({
    host: '127.0.0.1',
    port: 0,
    log: core.log,
    ...options,
    hostKeys,
    signIn: core.signIn,
  })
  await server.start()
  stack.move()
  return new SftpWorld(core, server, hostKeys)
}

export interface RawReply {
  readonly type: number
  readonly fields: FieldReader
}

/** SFTP packets as they are, over a channel of ssh2's client: says what no well-behaved client would. */
export class RawSftp {
  readonly client: Client
  readonly channel: ClientChannel
  /** Ids in the order of their replies. */
  readonly order: number[] = []
  #received = Buffer.alloc(0)
  readonly #replies = new Map<number, PromiseWithResolvers<RawReply>>()
  readonly #version = Promise.withResolvers<FieldReader>()
  #lastId = 0

  private constructor(client: Client, channel: ClientChannel) {
    this.client = client
    this.channel = channel
    channel.on('data', (bytes: Buffer) => this.#receive(bytes))
    channel.on('error', () => {})
    this.#version.promise.catch(() => {})
    channel.on('close', () => {
      for (const reply of [this.#version, ...this.#replies.values()])
        reply.reject(new Error('the channel was closed'))
    })
  }

  /** Opens the subsystem without an INIT. */
  static async openSilently(client: Client): Promise<RawSftp> {
    const channel = await new Promise<ClientChannel>((resolve, reject) =>
      client.subsys('sftp', (error, opened) => (error ? reject(error) : resolve(opened))),
    )
    return new RawSftp(client, channel)
  }

  static async open(client: Client): Promise<RawSftp> {
    const sftp = await RawSftp.openSilently(client)
    await sftp.init()
    return sftp
  }

  init(): Promise<FieldReader> {
    this.channel.write(new FieldWriter(packetType.init).uint32(3).packet())
    return this.#version.promise
  }

  /** Sends a request; `fill` adds what follows the id. */
  request(type: number, fill: (fields: FieldWriter) => unknown = () => undefined): Promise<RawReply> {
    const id = ++this.#lastId
    const fields = new FieldWriter(type).uint32(id)
    fill(fields)
    const reply = Promise.withResolvers<RawReply>()
    this.#replies.set(id, reply)
    reply.promise.catch(() => {})
    this.channel.write(fields.packet())
    return reply.promise
  }

  /** The status code of a request. */
  async status(type: number, fill?: (fields: FieldWriter) => unknown): Promise<number> {
    return statusIn(await this.request(type, fill))
  }

  /** @throws when the answer is a status */
  async open(path: string, flags: number): Promise<number> {
    const reply = await this.request(packetType.open, (fields) => fields.text(path).uint32(flags).uint32(0))
    return handleIn(reply)
  }

  write(handle: number, position: number, bytes: Uint8Array): Promise<number> {
    return this.status(packetType.write, (fields) =>
      fields.uint32(4).uint32(handle).uint64(position).uint32(bytes.length).raw(bytes),
    )
  }

  /** The bytes, or the status code. */
  async read(handle: number, position: number, length: number): Promise<Buffer | number> {
    const reply = await this.request(packetType.read, (fields) =>
      fields.uint32(4).uint32(handle).uint64(position).uint32(length),
    )
    return reply.type === packetType.data ? reply.fields.bytes() : statusIn(reply)
  }

  close(handle: number): Promise<number> {
    return this.status(packetType.close, (fields) => fields.uint32(4).uint32(handle))
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readUInt32BE(0)
      if (this.#received.length < end) return
      const type = this.#received[4] ?? 0
      const fields = new FieldReader(this.#received.subarray(5, end))
      this.#received = this.#received.subarray(end)
      if (type === packetType.version) this.#version.resolve(fields)
      else {
        const id = fields.uint32()
        this.order.push(id)
        this.#replies.get(id)?.resolve({ type, fields })
        this.#replies.delete(id)
      }
    }
  }
}

/** The words of the DISCONNECT with which the server ended the connection; '' without one. Call it before. */
export async function farewellOf(client: Client): Promise<string> {
  let farewell = ''
  // ssh2's client keeps the words to itself where the reason is 'by application'.
  const { _protocol: protocol } = client as unknown as {
    _protocol: { _handlers: { DISCONNECT: (protocol: unknown, reason: number, text: string) => void } }
  }
  const { DISCONNECT: handle } = protocol._handlers
  protocol._handlers.DISCONNECT = (from, reason, text) => {
    farewell = text
    handle(from, reason, text)
  }
  await new Promise<void>((resolve) => client.once('close', () => resolve()))
  return farewell
}

export function statusIn({ type, fields }: RawReply): number {
  if (type !== packetType.status) throw new Error(`not a status but packet type ${type}`)
  return fields.uint32()
}

export function handleIn(reply: RawReply): number {
  if (reply.type !== packetType.handle) throw new Error(`no handle but status ${statusIn(reply)}`)
  reply.fields.uint32()
  return reply.fields.uint32()
}
