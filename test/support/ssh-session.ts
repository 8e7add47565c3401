import { readFile } from 'node:fs/promises'
import ssh2, { type Client, type ClientChannel, type ConnectConfig, type SFTPWrapper, type Stats } from 'ssh2'
import type { Target } from './clients/file-client.ts'

type Done<T> = (error: Error | null | undefined, value: T) => void

/** An SSH client that a test drives step by step, as no program lets it. Signs in with the target's key. */
export async function connectSsh(target: Target, config: ConnectConfig = {}): Promise<SshConnection> {
  const { host, port, username, keyFile } = target
  const usesKey = !('password' in config || 'authHandler' in config)
  const privateKey = usesKey ? await readFile(keyFile) : undefined
  const client = new ssh2.Client()
  const connection = new SshConnection(client)
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve).once('error', reject)
    client.once('close', () => reject(new Error('closed before the sign-in was done')))
    client.connect({
      host,
      port,
      username,
      readyTimeout: 15_000,
      ...(privateKey && { privateKey }),
      ...config,
    })
  })
  return connection
}

export async function connectSftp(target: Target, config?: ConnectConfig): Promise<SftpConnection> {
  const connection = await connectSsh(target, config)
  try {
    return new SftpConnection(connection.client, await connection.openSftp())
  } catch (error) {
    connection.destroy()
    throw error
  }
}

export class SshConnection implements Disposable {
  readonly client: Client
  /** Settles when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>
  #isClosed = false

  constructor(client: Client) {
    this.client = client
    this.closed = new Promise((resolve) =>
      client.once('close', () => {
        this.#isClosed = true
        resolve()
      }),
    )
    client.setMaxListeners(0).on('error', () => {})
  }

  openSftp(): Promise<SFTPWrapper> {
    return this.answer<SFTPWrapper>((done) => this.client.sftp(done as (e: unknown, s: SFTPWrapper) => void))
  }

  /** The bare channel of the SFTP subsystem. */
  openSubsystem(): Promise<ClientChannel> {
    return this.answer<ClientChannel>((done) => this.client.subsys('sftp', done))
  }

  /** Calls something that answers through a callback; a lost connection is an answer as well. */
  answer<T>(call: (done: Done<T>) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // A reaction to `closed` would keep the bytes of each call until then.
      const onClose = () => reject(new Error('the connection is gone'))
      if (this.#isClosed) return onClose()
      this.client.once('close', onClose)
      call((error, value) => {
        this.client.off('close', onClose)
        if (error) reject(error)
        else resolve(value)
      })
    })
  }

  /** Cuts the TCP connection. */
  destroy(): void {
    this.client.destroy()
  }

  [Symbol.dispose](): void {
    this.destroy()
  }
}

/** One SFTP session with promises. */
export class SftpConnection extends SshConnection {
  readonly #sftp: SFTPWrapper

  constructor(client: Client, sftp: SFTPWrapper) {
    super(client)
    this.#sftp = sftp
    sftp.on('error', () => {})
  }

  open(path: string, flags: 'r' | 'w' | 'wx' | 'r+' | 'a'): Promise<Buffer> {
    return this.answer((done) => this.#sftp.open(path, flags, done))
  }

  write(handle: Buffer, position: number, bytes: Buffer): Promise<void> {
    return this.answer((done) =>
      this.#sftp.write(handle, bytes, 0, bytes.length, position, (error) => done(error, undefined)),
    )
  }

  async read(handle: Buffer, position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length)
    const count = await this.answer<number>((done) =>
      this.#sftp.read(handle, bytes, 0, length, position, (error, read) => done(error, read)),
    )
    return bytes.subarray(0, count)
  }

  close(handle: Buffer): Promise<void> {
    return this.answer((done) => this.#sftp.close(handle, (error) => done(error, undefined)))
  }

  /** Writes the whole file in order; nothing is there before it is done. */
  async put(path: string, bytes: Buffer, chunkBytes = 32_768): Promise<void> {
    const handle = await this.open(path, 'w')
    try {
      const writes: Promise<void>[] = []
      for (let at = 0; at < bytes.length; at += chunkBytes)
        writes.push(this.write(handle, at, bytes.subarray(at, at + chunkBytes)))
      const outcomes = await Promise.allSettled(writes)
      const failed = outcomes.find((outcome) => outcome.status === 'rejected')
      if (failed) throw failed.reason as Error
    } catch (error) {
      await this.close(handle).catch(() => {})
      throw error
    }
    await this.close(handle)
  }

  get(path: string): Promise<Buffer> {
    return this.answer((done) => this.#sftp.readFile(path, done))
  }

  async list(path: string): Promise<string[]> {
    const entries = await this.answer<{ filename: string }[]>((done) => this.#sftp.readdir(path, done))
    return entries.map(({ filename }) => filename)
  }

  stat(path: string): Promise<Stats> {
    return this.answer((done) => this.#sftp.stat(path, done))
  }

  rename(from: string, to: string): Promise<void> {
    return this.answer((done) => this.#sftp.rename(from, to, (error) => done(error, undefined)))
  }

  remove(path: string): Promise<void> {
    return this.answer((done) => this.#sftp.unlink(path, (error) => done(error, undefined)))
  }

  makeDirectory(path: string): Promise<void> {
    return this.answer((done) => this.#sftp.mkdir(path, (error) => done(error, undefined)))
  }

  removeDirectory(path: string): Promise<void> {
    return this.answer((done) => this.#sftp.rmdir(path, (error) => done(error, undefined)))
  }

  truncate(path: string, size: number): Promise<void> {
    return this.answer((done) => this.#sftp.setstat(path, { size }, (error) => done(error, undefined)))
  }

  symlink(target: string, link: string): Promise<void> {
    return this.answer((done) => this.#sftp.symlink(target, link, (error) => done(error, undefined)))
  }
}
