import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { UserSettings } from '../../../src/core/accounts/user.ts'
import type { ConnectionRegistry } from '../../../src/core/connections/connection-registry.ts'
import type { ServerEvent } from '../../../src/core/events/events.ts'
import type { FtpLimits, FtpServerOptions } from '../../../src/protocols/ftp/ftp-options.ts'
import { FtpServer } from '../../../src/protocols/ftp/ftp-server.ts'
import { PassiveAddress } from '../../../src/protocols/ftp/passive-address.ts'
import { PassivePorts } from '../../../src/protocols/ftp/passive-ports.ts'
import { TlsOwners } from '../../../src/protocols/ftp/tls-owners.ts'
import { type IssuedCertificate, makeCertificate } from '../../support/certificates.ts'
import type { Target } from '../../support/clients/file-client.ts'
import { type CoreWorld, openCoreWorld } from '../../support/core-world.ts'

export interface FtpWorldOptions {
  readonly tls?: FtpServerOptions['tls']
  readonly sessionReuse?: FtpServerOptions['sessionReuse']
  readonly withoutCertificates?: boolean
  readonly isImplicitTls?: boolean
  readonly isProxied?: (address: string) => boolean
  readonly limits?: Partial<FtpLimits>
  /** Where the server listens; what stands before it may be elsewhere. */
  readonly host?: string
  readonly passivePorts?: readonly number[]
  readonly passiveHost?: string
}

export interface FtpUser {
  readonly username: string
  readonly password: string
  /** The directory that is the user's '/'. */
  readonly home: string
}

const quickLimits: FtpLimits = {
  maxUnauthenticated: 200,
  loginTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
  maxLineBytes: 8192,
  claimTimeoutMs: 10_000,
}

/** The FTP server on free ports with real parts behind it, in a directory of its own. */
export class FtpWorld implements AsyncDisposable {
  readonly server: FtpServer
  /** What is served now; a test may put another one in its place. */
  certificate: IssuedCertificate
  readonly #core: CoreWorld
  #userCount = 0

  private constructor(core: CoreWorld, certificate: IssuedCertificate, options: FtpWorldOptions) {
    this.#core = core
    this.certificate = certificate
    const host = options.host ?? '127.0.0.1'
    const certificates = { ticketKeys: randomBytes(48), credentialsFor: () => this.certificate }
    const { signIn, log } = core
    const owners = new TlsOwners(certificates.ticketKeys)
    this.server = new FtpServer({
      ...{ host, signIn, log },
      controlPorts: options.isImplicitTls ? [] : [0],
      ...(options.isImplicitTls && { implicitTlsPort: 0 }),
      passivePorts: new PassivePorts({ host, ports: options.passivePorts ?? [0], tickets: owners, log }),
      passiveAddress: new PassiveAddress({ host: options.passiveHost, log }),
      ...(!options.withoutCertificates && { certificates, ticketOwners: owners }),
      tls: options.tls ?? 'allowed',
      sessionReuse: options.sessionReuse ?? 'allowed',
      ...(options.isProxied && { isProxied: options.isProxied }),
      limits: { ...quickLimits, ...options.limits },
    })
  }

  static async open(options: FtpWorldOptions = {}): Promise<FtpWorld> {
    await using stack = new AsyncDisposableStack()
    const core = stack.use(await openCoreWorld())
    const world = new FtpWorld(core, await makeCertificate('localhost'), options)
    await world.server.start()
    stack.move()
    return world
  }

  get port(): number {
    return Number(/:(\d+)$/.exec(this.server.addresses[0] ?? '')?.[1])
  }

  get connections(): ConnectionRegistry {
    return this.#core.connections
  }

  get events(): readonly ServerEvent[] {
    return this.#core.seen
  }

  /** A user who may do everything, unless `settings` say otherwise. */
  async addUser(settings: Partial<UserSettings> = {}): Promise<FtpUser> {
    const username = `user${++this.#userCount}`
    await this.#core.addUser(username, settings)
    return { username, password: `${username}-password`, home: this.#core.homeOf(username) }
  }

  /** For a real client. */
  async targetOf({ username, password }: FtpUser, port = this.port): Promise<Target> {
    const scratch = join(this.#core.directory, `scratch-${randomBytes(6).toString('hex')}`)
    await mkdir(scratch)
    return { host: '127.0.0.1', port, username, password, scratch, keyFile: '', hostKeyFingerprint: '' }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop(0)
    await this.#core[Symbol.asyncDispose]()
  }
}
