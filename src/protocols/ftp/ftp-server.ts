import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { listenBacklog } from '../listen-backlog.ts'
import { failListening } from '../listen-error.ts'
import type { ProtocolServer } from '../protocol-server.ts'
import { seeOff } from '../see-off.ts'
import type { FtpServerOptions } from './ftp-options.ts'
import { takeProxyHeader } from '../proxy-header.ts'
import { gaveWayText, type Newcomer, SignInPlaces } from '../sign-in-places.ts'
import { FtpSession } from './ftp-session.ts'
import { peerOf, type PassiveHold } from './passive-ports.ts'
import { TlsIdentities } from './tls-identities.ts'

const keepAliveMs = 60_000
const defaultGraceMs = 10_000

/** A control connection from its first moment, when a proxy may still have to say who it is. */
class Arrival implements Newcomer {
  readonly socket: Socket
  session: FtpSession | undefined

  constructor(socket: Socket) {
    this.socket = socket
  }

  get hasSpoken(): boolean {
    return this.session?.hasSpoken ?? false
  }

  get isProving(): boolean {
    return this.session?.isProving ?? false
  }

  giveWay(): void {
    if (this.session) this.session.hangUp(gaveWayText)
    else this.socket.destroy()
  }
}

/** FTP and FTPS (RFC 959, 2228, 2389, 2428, 2640, 3659, 4217), passive only. */
export class FtpServer implements ProtocolServer {
  readonly protocol = 'FTP'
  readonly #options: FtpServerOptions
  readonly #identities: TlsIdentities | undefined
  readonly #sessions = new Set<FtpSession>()
  readonly #places: SignInPlaces
  #servers: Server[] = []
  #isStopping = false

  constructor(options: FtpServerOptions) {
    this.#options = options
    this.#places = new SignInPlaces(() => options.limits.maxUnauthenticated, options.log)
    const { certificates, ticketOwners } = options
    if (certificates && !ticketOwners) throw new Error('nobody keeps the owners of TLS tickets')
    this.#identities = certificates && ticketOwners && new TlsIdentities(certificates, ticketOwners)
  }

  /** Those for explicit TLS first, in the order of `controlPorts`; that for implicit TLS last. */
  get addresses(): readonly string[] {
    return this.#servers.map((server) => {
      const { address, port, family } = server.address() as AddressInfo
      return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
    })
  }

  /** Known after start(). */
  get passivePorts(): readonly number[] {
    return this.#options.passivePorts.ports
  }

  /** Keeps clients from being told a passive port while it is tried; undefined while one waits for it. */
  holdPassivePort(port: number): PassiveHold | undefined {
    return this.#options.passivePorts.hold(port)
  }

  async start(): Promise<void> {
    const { controlPorts, implicitTlsPort, passivePorts } = this.#options
    await passivePorts.start()
    try {
      for (const port of controlPorts) await this.#listen(port, false)
      if (implicitTlsPort !== undefined) await this.#listen(implicitTlsPort, true)
    } catch (error) {
      await this.stop(0)
      throw error
    }
  }

  async stop(graceMs = defaultGraceMs): Promise<void> {
    this.#isStopping = true
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)))
    this.#servers = []
    await seeOff(() => this.#sessions, {
      graceMs,
      hasTransfers: (session) => session.hasRunningTransfer,
      lastActivity: (session) => (session.isSignedIn ? session.session.lastActivity : 0),
      hangUp: (session) => session.hangUp('The server is stopping'),
    })
    await Promise.all([...this.#sessions].map((session) => session.ended))
    await this.#options.passivePorts.stop()
    await Promise.all(closed)
  }

  #listen(port: number, isImplicitTls: boolean): Promise<void> {
    const { host, log } = this.#options
    const server = createServer({ allowHalfOpen: false, noDelay: true }, (socket) =>
      this.#accept(socket, isImplicitTls),
    )
    const setting = isImplicitTls ? 'FTP_IMPLICIT_TLS_PORT' : 'FTP_PORT'
    const listening = new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host, backlog: listenBacklog }, () => {
        server.off('error', reject)
        server.on('error', (error) => log.error({ err: error }, 'ftp port failed'))
        this.#servers.push(server)
        resolve()
      })
    })
    return listening.catch(failListening({ setting, host, port }))
  }

  #accept(socket: Socket, isImplicitTls: boolean): void {
    socket.on('error', () => {})
    socket.setKeepAlive(true, keepAliveMs)
    if (this.#isStopping) {
      if (!isImplicitTls) socket.end('421 The server is stopping\r\n')
      socket.destroySoon()
      return
    }
    const arrival = new Arrival(socket)
    this.#places.take(arrival)
    const peer = peerOf(socket)
    socket.once('close', () => {
      this.#places.leave(arrival)
      const { hasTried = false, remoteAddress = peer } = arrival.session ?? {}
      if (!hasTried) this.#options.signIn.leftUntried('FTP', remoteAddress)
    })
    if (!this.#options.isProxied?.(socket.remoteAddress ?? ''))
      return this.#serve(arrival, { isImplicitTls, address: undefined })
    takeProxyHeader(socket).then(
      ({ address }) => {
        if (!this.#isStopping && !socket.destroyed) this.#serve(arrival, { isImplicitTls, address })
        else socket.destroy()
      },
      (error: unknown) => {
        this.#options.log.info({ err: error, remoteAddress: socket.remoteAddress }, 'no usable PROXY header')
        socket.destroy()
      },
    )
  }

  #serve(
    arrival: Arrival,
    { isImplicitTls, address }: { isImplicitTls: boolean; address: string | undefined },
  ): void {
    const session = new FtpSession(arrival.socket, this.#options, {
      identities: this.#identities,
      ...{ isImplicitTls, address },
      onSignedIn: () => this.#places.leave(arrival),
    })
    arrival.session = session
    this.#sessions.add(session)
    void session.ended.then(() => this.#sessions.delete(session))
    void session.start()
  }
}
