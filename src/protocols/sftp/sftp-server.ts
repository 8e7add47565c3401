import { once } from 'node:events'
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import ssh2, { type ClientInfo, type Connection } from 'ssh2'
import type { SignIn } from '../../core/auth/sign-in.ts'
import type { Log } from '../../core/log.ts'
import { listenBacklog } from '../listen-backlog.ts'
import { failListening } from '../listen-error.ts'
import type { ProtocolServer } from '../protocol-server.ts'
import { seeOff } from '../see-off.ts'
import { gaveWayText, type Newcomer, SignInPlaces } from '../sign-in-places.ts'
import { isCryptoAddonLoaded } from './crypto-addon.ts'
import { disconnectReason, plainDisconnect } from './disconnect-message.ts'
import { HostKeyProofs } from './host-key-proofs.ts'
import type { HostKey } from './host-keys.ts'
import { WindowBudget } from './receive-window.ts'
import { offeredAlgorithms, type SshAlgorithms } from './ssh-algorithms.ts'
import { SshConnection } from './ssh-connection.ts'
import type { ConnectionLimits } from './ssh-connection-options.ts'
import { SshReceiver } from './ssh-receiver.ts'

export interface SftpLimits extends ConnectionLimits {
  /** Connections that have not signed in yet; when there are more, older ones give way. */
  readonly maxUnauthenticated: number
}

export interface SftpServerOptions {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  readonly hostKeys: readonly HostKey[]
  readonly signIn: SignIn
  readonly log: Log
  /** Asked at each use: they can change while the server runs. */
  readonly limits?: Partial<SftpLimits>
  /** Whether a PROXY header is expected from this address. */
  readonly isProxied?: (address: string) => boolean
  /** Which algorithms are offered. */
  readonly algorithms?: SshAlgorithms
  /** Bytes that clients may have sent ahead over all connections, beside the first window of each. */
  readonly windowBudgetBytes?: number
  /** Shown by clients before the sign-in; asked at each connection. */
  readonly banner?: string | undefined
}

const softwareName = 'SFTPGo-plugin'
/** The first line that this server sends. RFC 4253 §4.2 */
export const sshIdentification = `SSH-2.0-${softwareName}`

const defaultLimits: SftpLimits = {
  maxAuthTries: 6,
  loginGraceMs: 120_000,
  idleTimeoutMs: 900_000,
  maxUnauthenticated: 100,
  maxHandlesPerSession: 256,
  maxChannels: 16,
  rekeyAfterBytes: 1024 ** 3,
  rekeyAfterMs: 3_600_000,
}

const checkIntervalMs = 500
/** How long a connection that gave way may take to read why, in milliseconds. */
const gaveWayLingerMs = 1_000
/** A peer that is silent for two minutes and a half is taken for dead; only after the sign-in. */
const keepaliveIntervalMs = 30_000
const keepaliveCount = 4

class Accepted implements Newcomer {
  readonly receiver: SshReceiver
  /** Once the client has said what it is. */
  connection: SshConnection | undefined

  constructor(receiver: SshReceiver) {
    this.receiver = receiver
  }

  get hasSpoken(): boolean {
    return this.connection !== undefined
  }

  get isProving(): boolean {
    return this.connection?.isProving ?? false
  }

  giveWay(): void {
    if (this.connection)
      return this.connection.disconnect(disconnectReason.tooManyConnections, gaveWayText, gaveWayLingerMs)
    const { socket } = this.receiver
    socket.end(plainDisconnect(disconnectReason.tooManyConnections, gaveWayText))
    const timer = setTimeout(() => socket.destroy(), gaveWayLingerMs).unref()
    socket.once('close', () => clearTimeout(timer))
  }
}

/** SFTP, SCP and a few commands over SSH. */
export class SftpServer implements ProtocolServer {
  readonly protocol = 'SFTP'
  readonly #options: SftpServerOptions
  readonly #limits: SftpLimits
  readonly #ssh: ssh2.Server
  readonly #listener: NetServer
  readonly #budget: WindowBudget
  readonly #proofs: HostKeyProofs
  readonly #places: SignInPlaces
  readonly #accepted = new Map<Socket, Accepted>()
  #timer: NodeJS.Timeout | undefined
  #addresses: readonly string[] = []
  #stopping: Promise<void> | undefined

  constructor(options: SftpServerOptions) {
    this.#options = options
    this.#budget = new WindowBudget(options.windowBudgetBytes)
    this.#proofs = new HostKeyProofs(options.hostKeys)
    this.#limits = withDefaults(options.limits ?? {})
    this.#places = new SignInPlaces(() => this.#limits.maxUnauthenticated, options.log)
    const offered = offeredAlgorithms(this.#algorithms)
    // ssh2 offers every key that it has, also of a kind that the list leaves out.
    const inUse = options.hostKeys.filter((key) =>
      key.algorithms.some((name) => offered.serverHostKey.includes(name)),
    )
    this.#ssh = new ssh2.Server({
      hostKeys: inUse.map(({ privateKey }) => privateKey),
      algorithms: offered,
      ident: softwareName,
      keepaliveInterval: keepaliveIntervalMs,
      keepaliveCountMax: keepaliveCount,
      // ssh2 reads it at each connection.
      get banner() {
        return options.banner ?? ''
      },
    })
    this.#ssh.on('connection', (client, info) => this.#identified(client, info))
    this.#ssh.on('error', (error: Error) => options.log.error({ err: error }, 'ssh server failed'))
    this.#listener = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => this.#accept(socket))
  }

  get #algorithms(): SshAlgorithms {
    return this.#options.algorithms ?? 'compatible'
  }

  get addresses(): readonly string[] {
    return this.#addresses
  }

  async start(): Promise<void> {
    const { host, port, log } = this.#options
    if (!isCryptoAddonLoaded())
      log.warn({}, "ssh2's crypto addon is not loaded: sftp needs about twice the processor time")
    this.#listener.listen({ port, host, backlog: listenBacklog })
    await once(this.#listener, 'listening').catch(failListening({ setting: 'SFTP_PORT', host, port }))
    this.#listener.on('error', (error) => log.error({ err: error }, 'sftp listener failed'))
    const address = this.#listener.address()
    if (address === null || typeof address === 'string') throw new Error('the listener has no address')
    this.#addresses = [`${host.includes(':') ? `[${host}]` : host}:${address.port}`]
    this.#timer = setInterval(() => this.#check(), checkIntervalMs).unref()
  }

  stop(graceMs = 0): Promise<void> {
    return (this.#stopping ??= this.#stop(graceMs))
  }

  #accept(incoming: Socket): void {
    if (this.#stopping) return void incoming.destroy()
    const receiver = new SshReceiver(incoming, this.#options.isProxied?.(incoming.remoteAddress ?? ''))
    const { socket } = receiver
    const accepted = new Accepted(receiver)
    this.#accepted.set(socket, accepted)
    this.#places.take(accepted)
    // An error is followed by 'close', which does the rest.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#accepted.delete(socket)
      this.#places.leave(accepted)
      if (!accepted.connection?.hasTried) this.#options.signIn.leftUntried('SFTP', receiver.address)
    })
    // What never says who it is has no connection object yet that could watch the time.
    const grace = setTimeout(
      () => {
        if (!accepted.connection?.isSignedIn) socket.destroy()
      },
      this.#limits.loginGraceMs + 2 * checkIntervalMs,
    )
    grace.unref()
    socket.on('close', () => clearTimeout(grace))
    this.#ssh.injectSocket(socket)
  }

  #identified(client: Connection, info: ClientInfo): void {
    const { signIn, log } = this.#options
    // ssh2's types leave the members with an underscore out.
    const { _sock: socket } = client as unknown as { _sock: Socket }
    const accepted = this.#accepted.get(socket)
    if (!accepted || !socket.writable) return void socket.destroy()
    accepted.connection = new SshConnection({
      ...{ client, info, signIn, log },
      algorithms: this.#algorithms,
      receiver: accepted.receiver,
      limits: this.#limits,
      budget: this.#budget,
      proofs: this.#proofs,
      onSignedIn: () => this.#places.leave(accepted),
    })
  }

  #connections(): SshConnection[] {
    return [...this.#accepted.values()].flatMap(({ connection }) => connection ?? [])
  }

  #check(): void {
    const now = Date.now()
    for (const connection of this.#connections()) connection.check(now)
  }

  async #stop(graceMs: number): Promise<void> {
    clearInterval(this.#timer)
    const closed = this.#listener.listening ? once(this.#listener, 'close') : undefined
    this.#listener.close()
    await seeOff(() => this.#connections(), {
      graceMs,
      hasTransfers: (connection) => connection.hasTransfers,
      lastActivity: (connection) => connection.lastActivity,
      hangUp: (connection) => connection.disconnect(disconnectReason.byApplication, 'The server is stopping'),
    })
    // Also those that were told to end before.
    await Promise.all(this.#connections().map((connection) => connection.whenEnded()))
    const sockets = [...this.#accepted.keys()]
    for (const socket of sockets) socket.destroySoon()
    await Promise.all([closed, ...sockets.map(whenClosed)])
    this.#addresses = []
  }
}

/** Not once(), which rejects for a connection that the client resets meanwhile. */
async function whenClosed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>((resolve) => socket.on('close', () => resolve()))
}

/** Not a copy, which would keep the value that a getter has now. */
function withDefaults(limits: Partial<SftpLimits>): SftpLimits {
  return Object.create(defaultLimits, Object.getOwnPropertyDescriptors(limits)) as SftpLimits
}
