import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { FtpUser } from './ftp-world.ts'

export interface Reply {
  readonly code: number
  /** All its lines. */
  readonly text: string
}

/** A control connection as a test needs it: every byte that is sent is the test's own. */
export class FtpClient implements Disposable {
  socket: Socket
  /** The newest session of the control connection, to be resumed by data connections. */
  tlsSession: Buffer | undefined
  #maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'
  #text = ''
  #isClosed = false
  #wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    this.#listen(socket)
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<FtpClient> {
    const socket = connect({ port, host, noDelay: true })
    await once(socket, 'connect')
    return new FtpClient(socket)
  }

  /** Signed in; with `tls` after AUTH TLS, with PROT P. */
  static async signIn(
    port: number,
    user: Pick<FtpUser, 'username' | 'password'>,
    options: { tls?: boolean; maxVersion?: 'TLSv1.2' | 'TLSv1.3' } = {},
  ): Promise<FtpClient> {
    const client = await FtpClient.connect(port)
    await client.reply(220)
    if (options.tls) {
      await client.command('AUTH TLS', 234)
      await client.secure(options.maxVersion)
    }
    await client.command(`USER ${user.username}`, 331)
    await client.command(`PASS ${user.password}`, 230)
    if (options.tls) {
      await client.command('PBSZ 0', 200)
      await client.command('PROT P', 200)
    }
    await client.command('TYPE I', 200)
    return client
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  async secure(maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Promise<void> {
    this.#maxVersion = maxVersion
    this.socket.removeAllListeners('data')
    const secured = connectTls({ socket: this.socket, rejectUnauthorized: false, maxVersion })
    secured.on('session', (session) => (this.tlsSession = session))
    await once(secured, 'secureConnect')
    this.socket = secured
    this.#listen(secured)
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes)
  }

  /** Sends one line and answers the reply. @throws when its code is another one than `expected` */
  command(line: string, expected?: number): Promise<Reply> {
    this.write(`${line}\r\n`)
    return this.reply(expected)
  }

  /** The next reply. @throws when the connection ends before it, or its code is another one */
  async reply(expected?: number): Promise<Reply> {
    for (;;) {
      const reply = this.#take()
      if (reply && expected !== undefined && reply.code !== expected)
        throw new Error(`expected ${expected}, got ${reply.text}`)
      if (reply) return reply
      if (this.#isClosed) throw new Error(`the connection was closed; unread: '${this.#text}'`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async closed(): Promise<void> {
    while (!this.#isClosed) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  async passive(): Promise<number> {
    const { text } = await this.command('EPSV', 229)
    return Number(/\|\|\|(\d+)\|/.exec(text)?.[1])
  }

  /** A data connection to `port`, in clear. */
  async dataSocket(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, localAddress, allowHalfOpen: true })
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }

  /** TLS on a data connection that resumes the session of the control connection, unless told not to. */
  async secureData(socket: Socket, options: { resumes?: boolean } = {}): Promise<TLSSocket> {
    const session = options.resumes === false ? undefined : this.tlsSession
    const secured = connectTls({
      socket,
      rejectUnauthorized: false,
      maxVersion: this.#maxVersion,
      ...(session && { session }),
    })
    secured
      .on('error', () => {})
      .on('session', (newest) => options.resumes !== false && (this.tlsSession = newest))
    await once(secured, 'secureConnect')
    return secured
  }

  async retrieve(command: string, options: { tls?: boolean; resumes?: boolean } = {}): Promise<Buffer> {
    const socket = await this.dataSocket(await this.passive())
    await this.command(command, 150)
    const stream = options.tls ? await this.secureData(socket, options) : socket
    const bytes = await readAll(stream)
    stream.end()
    await this.reply(226)
    return bytes
  }

  async store(
    command: string,
    bytes: Buffer | string,
    options: { tls?: boolean; resumes?: boolean } = {},
  ): Promise<void> {
    const socket = await this.dataSocket(await this.passive())
    await this.command(command, 150)
    const stream = options.tls ? await this.secureData(socket, options) : socket
    stream.end(bytes)
    stream.resume()
    await this.reply(226)
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  #listen(socket: Socket | TLSSocket): void {
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString()
      this.#wake()
    })
  }

  #take(): Reply | undefined {
    const match = /^(?:(\d{3})-[^]*?\r\n(?=\1 ))?(\d{3}) [^\n]*\r\n/.exec(this.#text)
    if (!match) return undefined
    this.#text = this.#text.slice(match[0].length)
    return { code: Number(match[2]), text: match[0] }
  }
}

export async function readAll(stream: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Resolves when the connection is closed, in whatever way. */
export async function gone(socket: Socket): Promise<void> {
  socket.once('end', () => socket.destroy()).resume()
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()))
}
