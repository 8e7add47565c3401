import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { FileJob } from '../../src/contract/file-job.ts'
import { FtpClient, readAll } from '../protocols/ftp/ftp-client.ts'
import { connectSftp } from './ssh-session.ts'
import { waitUntil } from './wait-until.ts'

export const transferProtocols = ['SFTP', 'FTP', 'FTPS', 'HTTP'] as const
export type TransferProtocol = (typeof transferProtocols)[number]

/** Where a product is reached, directly or through what stands before it. */
export interface TransferPlace {
  readonly sftpPort: number
  readonly ftpPort: number
  readonly httpUrl: string
  /** Default: 127.0.0.1. Data connections of FTP go there as well. */
  readonly host?: string
}

/** One signed-in client that stores and fetches whole files, the same over every protocol. Paths begin with '/'. */
export interface TransferClient extends Disposable {
  readonly protocol: TransferProtocol
  /** Replaces what is there. @throws with the server's code and words, or when the connection is lost */
  put(path: string, bytes: Buffer): Promise<void>
  get(path: string): Promise<Buffer>
  list(path: string): Promise<string[]>
  remove(path: string): Promise<void>
}

/** Signs in with the password `<name>-password` unless told another. @throws when that is refused */
export async function openTransferClient(
  protocol: TransferProtocol,
  place: TransferPlace,
  username: string,
  password = `${username}-password`,
): Promise<TransferClient> {
  switch (protocol) {
    case 'SFTP':
      return SftpTransfers.open(place, username, password)
    case 'FTP':
    case 'FTPS':
      return FtpTransfers.open(protocol, place, username, password)
    case 'HTTP':
      return HttpTransfers.open(place, username, password)
  }
}

class SftpTransfers implements TransferClient {
  readonly protocol = 'SFTP'
  readonly #session: Awaited<ReturnType<typeof connectSftp>>

  private constructor(session: Awaited<ReturnType<typeof connectSftp>>) {
    this.#session = session
  }

  static async open(place: TransferPlace, username: string, password: string): Promise<SftpTransfers> {
    const { host = '127.0.0.1', sftpPort: port } = place
    const target = { host, port, username, password, keyFile: '', hostKeyFingerprint: '', scratch: '' }
    return new SftpTransfers(await connectSftp(target, { password, readyTimeout: 60_000 }))
  }

  put(path: string, bytes: Buffer): Promise<void> {
    return this.#session.put(path, bytes)
  }

  get(path: string): Promise<Buffer> {
    return this.#session.get(path)
  }

  list(path: string): Promise<string[]> {
    return this.#session.list(path)
  }

  remove(path: string): Promise<void> {
    return this.#session.remove(path)
  }

  [Symbol.dispose](): void {
    this.#session.destroy()
  }
}

class FtpTransfers implements TransferClient {
  readonly protocol: 'FTP' | 'FTPS'
  readonly #client: FtpClient
  readonly #host: string

  private constructor(protocol: 'FTP' | 'FTPS', client: FtpClient, host: string) {
    this.protocol = protocol
    this.#client = client
    this.#host = host
  }

  static async open(
    protocol: 'FTP' | 'FTPS',
    { host = '127.0.0.1', ftpPort }: TransferPlace,
    username: string,
    password: string,
  ): Promise<FtpTransfers> {
    const client = await FtpClient.connect(ftpPort, host)
    try {
      await client.reply(220)
      if (protocol === 'FTPS') {
        await client.command('AUTH TLS', 234)
        await client.secure()
      }
      await client.command(`USER ${username}`, 331)
      await client.command(`PASS ${password}`, 230)
      if (protocol === 'FTPS') {
        await client.command('PBSZ 0', 200)
        await client.command('PROT P', 200)
      }
      await client.command('TYPE I', 200)
      return new FtpTransfers(protocol, client, host)
    } catch (error) {
      client[Symbol.dispose]()
      throw error
    }
  }

  put(path: string, bytes: Buffer): Promise<void> {
    return this.#transfer(`STOR ${path}`, (stream) => {
      stream.resume().end(bytes)
      return Promise.resolve()
    })
  }

  get(path: string): Promise<Buffer> {
    return this.#transfer(`RETR ${path}`, readAll)
  }

  async list(path: string): Promise<string[]> {
    const text = await this.#transfer(`NLST ${path}`, readAll)
    return text
      .toString()
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line) => line.slice(line.lastIndexOf('/') + 1))
  }

  async remove(path: string): Promise<void> {
    await this.#client.command(`DELE ${path}`, 250)
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]()
  }

  /** The data connection is there before the command, and is gone after it whatever happened. */
  async #transfer<T>(command: string, work: (stream: Socket) => Promise<T>): Promise<T> {
    const client = this.#client
    const port = await client.passive()
    const socket = connect({ port, host: this.#host, noDelay: true, allowHalfOpen: true })
    socket.on('error', () => {})
    try {
      await once(socket, 'connect')
      await client.command(command, 150)
      const stream = this.protocol === 'FTPS' ? await client.secureData(socket) : socket
      const result = await work(stream).catch(async (error: unknown) => {
        // A broken transfer resets the data connection; why is told on the other one.
        await client.reply(226)
        throw error
      })
      if (!stream.writableEnded) stream.end()
      await client.reply(226)
      return result
    } finally {
      socket.destroy()
    }
  }
}

/** The REST API as the WebClient speaks it: tus for files, all bytes in one piece. */
export class HttpTransfers implements TransferClient {
  readonly protocol = 'HTTP'
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>

  private constructor(url: string, headers: Record<string, string>) {
    this.#url = url
    this.#headers = headers
  }

  static async open(place: TransferPlace, username: string, password: string): Promise<HttpTransfers> {
    const url = `${place.httpUrl}/api/v2`
    const answer = await fetch(`${url}/session/user`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ username, password }),
    })
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${answer.status} ${text}`)
    const { csrf_token: token } = JSON.parse(text) as { csrf_token: string }
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    // Connections that are kept for the next request would look like a leak of the server.
    return new HttpTransfers(url, { cookie, 'x-csrf-token': token, connection: 'close' })
  }

  async put(path: string, bytes: Buffer): Promise<void> {
    const { url, headers } = await this.beginUpload(path, bytes.length)
    await this.#call('PATCH', url.slice(this.#url.length), bytes, headers)
  }

  /** The request that is to bring all bytes of a file, to be made by the caller. */
  async beginUpload(path: string, size: number): Promise<{ url: string; headers: Record<string, string> }> {
    const begun = await this.#call('POST', '/user/uploads', undefined, {
      'tus-resumable': '1.0.0',
      'upload-length': String(size),
      'upload-metadata': Object.entries({ path, overwrite: 'true' })
        .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
        .join(','),
    })
    await begun.arrayBuffer()
    const headers = {
      ...this.#headers,
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
    }
    return { url: `${this.#url}/user/${begun.headers.get('location')}`, headers }
  }

  async get(path: string): Promise<Buffer> {
    const body = JSON.stringify({ paths: [path] })
    const answer = await this.#call('POST', '/user/downloads', body, { 'content-type': 'application/json' })
    const { url } = (await answer.json()) as { url: string }
    const file = await fetch(new URL(`/${url}`, this.#url), { headers: this.#headers })
    if (!file.ok) throw new Error(`${file.status} ${await file.text()}`)
    return Buffer.from(await file.arrayBuffer())
  }

  async list(path: string): Promise<string[]> {
    const body = JSON.stringify({ path })
    const answer = await this.#call('POST', '/user/dirs', body, { 'content-type': 'application/json' })
    const { entries } = (await answer.json()) as { entries: { name: string }[] }
    return entries.map(({ name }) => name)
  }

  async remove(path: string): Promise<void> {
    const body = JSON.stringify({ action: 'delete', paths: [path] })
    const answer = await this.#call('POST', '/user/jobs', body, { 'content-type': 'application/json' })
    const { id } = (await answer.json()) as { id: string }
    await waitUntil(`the removal of ${path}`, async () => {
      const jobs = (await (await this.#call('GET', '/user/jobs', undefined, {})).json()) as FileJob[]
      const job = jobs.find((one) => one.id === id)
      if (job?.failed_count) throw new Error(JSON.stringify(job.failed))
      return job?.state === 'done'
    })
  }

  /** A small text in one request, where nothing is there yet. */
  async saveText(path: string, text: string): Promise<void> {
    const body = JSON.stringify({ path, text })
    const answer = await this.#call('POST', '/user/files/text', body, { 'content-type': 'application/json' })
    await answer.arrayBuffer()
  }

  /** Signs out, whether or not anybody answers. */
  [Symbol.dispose](): void {
    fetch(`${this.#url}/session/user`, { method: 'DELETE', headers: this.#headers }).then(
      (answer) => answer.arrayBuffer(),
      () => undefined,
    )
  }

  async #call(
    method: string,
    path: string,
    body: string | Buffer | undefined,
    headers: Record<string, string>,
  ): Promise<Response> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: { ...this.#headers, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    })
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
    return answer
  }
}

/** Also saves texts, which takes one request. */
export function openHttpTransfers(place: TransferPlace, username: string): Promise<HttpTransfers> {
  return HttpTransfers.open(place, username, `${username}-password`)
}
