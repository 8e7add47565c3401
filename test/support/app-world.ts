import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { silentLog } from '../../src/core/log.ts'
import { LocalStorageProvider } from '../../src/storage/local/local-storage.ts'
import { FaultyStorages } from './faulty-storage.ts'
import type { TransferPlace } from './transfer-clients.ts'

/** The whole product within the test's own process, so that a fault can be put between it and its disk. */
export class AppWorld implements AsyncDisposable {
  readonly place: TransferPlace
  readonly storages: FaultyStorages
  readonly #directory: string
  readonly #app: App
  #token: string | undefined

  private constructor(directory: string, app: App, storages: FaultyStorages) {
    this.#directory = directory
    this.#app = app
    this.storages = storages
    const { sftp, ftp, http } = app.addresses
    this.place = {
      sftpPort: portOf(sftp),
      ftpPort: portOf(ftp[0] ?? ''),
      httpUrl: `http://127.0.0.1:${portOf(http)}`,
    }
  }

  static async open(): Promise<AppWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'app-world-'))
    const config = readConfig({
      STORAGES_DIR: join(directory, 'storages'),
      DATA_DIR: join(directory, 'state'),
      CERTIFICATES_DIR: join(directory, 'certificates'),
      LISTEN_HOST: '127.0.0.1',
      ...{ SFTP_PORT: '0', FTP_PORT: '0', FTP_PASSIVE_PORTS: '0', HTTP_PORT: '0', METRICS_PORT: '0' },
      ...{ MIN_FREE_SPACE: '0', ADMIN_USERNAME: 'admin', ADMIN_PASSWORD: 'test-admin-password' },
    })
    const storages = new FaultyStorages(new LocalStorageProvider())
    try {
      const app = await startApp(config, { log: silentLog, version: '0.0.0', environment: [], storages })
      return new AppWorld(directory, app, storages)
    } catch (error) {
      await rm(directory, { recursive: true, force: true })
      throw error
    }
  }

  homeOf(username: string): string {
    return join(this.#directory, 'storages', 'sftpgo_data', 'data', username)
  }

  /** A call of the REST API as the local admin. */
  async api(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    this.#token ??= await this.#signIn()
    const answer = await fetch(`${this.place.httpUrl}/api/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as unknown }
  }

  /** With all permissions and the password `<name>-password`. @returns its home */
  async addUser(username: string, fields: Record<string, unknown> = {}): Promise<string> {
    const user = {
      username,
      password: `${username}-password`,
      status: 1,
      permissions: { '/': ['*'] },
      ...fields,
    }
    const { status, body } = await this.api('POST', '/users', user)
    if (status !== 201) throw new Error(`user not made: ${status} ${JSON.stringify(body)}`)
    await mkdir(this.homeOf(username), { recursive: true })
    return this.homeOf(username)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#app.stop(0)
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #signIn(): Promise<string> {
    const basic = Buffer.from('admin:test-admin-password').toString('base64')
    const answer = await fetch(`${this.place.httpUrl}/api/v2/token`, {
      headers: { authorization: `Basic ${basic}` },
    })
    const { access_token: token } = (await answer.json()) as { access_token?: string }
    if (token === undefined) throw new Error(`no admin token: ${answer.status}`)
    return token
  }
}

function portOf(address: string): number {
  return Number(/:(\d+)$/.exec(address)?.[1])
}
