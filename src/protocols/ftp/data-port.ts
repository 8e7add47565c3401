import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { User } from '../../core/accounts/user.ts'
import { FileServerError } from '../../core/errors.ts'
import { type ClientHello, peekClientHello, seenClientHello } from './client-hello.ts'
import { DataConnection } from './data-connection.ts'
import { FtpRefusal } from './ftp-reply.ts'
import type { PassiveClaim } from './passive-claim.ts'
import type { PassivePortSource } from './passive-ports.ts'
import type { TlsIdentities } from './tls-identities.ts'
import type { TlsIdentity } from './tls-identity.ts'

export interface DataPortOptions {
  readonly passivePorts: PassivePortSource
  readonly identities: TlsIdentities | undefined
  /** Peer of the control connection. */
  readonly address: string
  readonly tls: 'allowed' | 'control' | 'required'
  readonly sessionReuse: 'allowed' | 'required'
  readonly claimTimeoutMs: number
  readonly stallTimeoutMs: number
}

/** The data side of one control connection: what PASV claimed, and how it is protected (RFC 4217 §9). */
export class DataPort {
  readonly #options: DataPortOptions
  #identity: TlsIdentity | undefined
  #isPrivate = false
  #username: string | undefined
  #isProtectionRequired: boolean
  #showsTickets = false
  #claim: PassiveClaim | undefined

  constructor(options: DataPortOptions) {
    this.#options = options
    this.#isProtectionRequired = options.tls === 'required'
  }

  /** The control connection speaks TLS from now on. */
  secure(identity: TlsIdentity, isPrivate: boolean): void {
    this.#identity = identity
    this.#isPrivate = isPrivate
  }

  signedIn({ username, ftpSecurity }: User): void {
    this.#username = username
    if (ftpSecurity === 'tls-required-for-data') this.#isProtectionRequired = true
    if (this.#identity) this.#options.identities?.signedIn(this.#identity, username)
  }

  /** The control connection has ended. */
  close(): void {
    this.drop()
    if (this.#identity) this.#options.identities?.close(this.#identity)
  }

  get isPrivate(): boolean {
    return this.#isPrivate
  }

  /** PROT. @throws FtpRefusal 503 534 */
  protect(isPrivate: boolean): void {
    if (!this.#identity) throw new FtpRefusal(503, 'Use AUTH TLS first')
    if (!isPrivate && this.#isProtectionRequired)
      throw new FtpRefusal(534, 'Data connections must be protected, use PROT P')
    if (isPrivate !== this.#isPrivate) this.drop()
    this.#isPrivate = isPrivate
  }

  /** @throws FtpRefusal 521 when data must be protected and is not */
  requireProtection(): void {
    if (this.#isProtectionRequired && !this.#isPrivate)
      throw new FtpRefusal(521, 'Data connections must be protected, use PROT P')
  }

  /** The port that the client may connect to, once it is its turn. @throws FtpRefusal 425 521 */
  async claimPort(signal: AbortSignal): Promise<number> {
    this.requireProtection()
    if (this.#claim?.isArmed) {
      this.#claim.renew()
      return this.#claim.port
    }
    this.drop()
    const { passivePorts, address, claimTimeoutMs } = this.#options
    const claim = passivePorts.claim({
      kind: this.#isPrivate ? (this.#showsTickets ? 'proven' : 'unproven') : 'clear',
      username: this.#isPrivate ? this.#username : undefined,
      identity: this.#isPrivate ? this.#identity?.id : undefined,
      address,
      timeoutMs: claimTimeoutMs,
    })
    this.#claim = claim
    const release = (): void => claim.release()
    signal.addEventListener('abort', release, { once: true })
    try {
      return await claim.port
    } catch (error) {
      throw new FtpRefusal(425, 'No data port is free, try again', { cause: error })
    } finally {
      signal.removeEventListener('abort', release)
    }
  }

  /** @throws FtpRefusal 425 521 when a transfer could not begin now */
  requireClaim(): void {
    this.requireProtection()
    if (!this.#claim) throw new FtpRefusal(425, 'Use PASV or EPSV first')
    if (this.#claim.hasEnded) throw new FtpRefusal(425, 'The data connection was not opened in time')
  }

  /** The data connection that was claimed. @throws FtpRefusal 425 522; FileServerError 'aborted' */
  async open(direction: 'send' | 'receive', signal: AbortSignal): Promise<DataConnection> {
    this.requireClaim()
    const socket = await this.#take(signal)
    const { stallTimeoutMs, sessionReuse } = this.#options
    const identity = this.#isPrivate ? this.#identity : undefined
    const context = identity && (await this.#contextFor(socket, identity, signal))
    return DataConnection.open(socket, {
      direction,
      tls: context && { context, mustResume: sessionReuse === 'required' },
      stallTimeoutMs,
      signal,
    })
  }

  /** Gives back what was claimed and not used. */
  drop(): void {
    this.#claim?.release()
    this.#claim = undefined
  }

  async #take(signal: AbortSignal): Promise<Socket> {
    const claim = this.#claim as PassiveClaim
    const release = (): void => claim.release()
    signal.addEventListener('abort', release, { once: true })
    try {
      if (signal.aborted) throw signal.reason
      return await claim.take()
    } catch (error) {
      if (signal.aborted) throw new FileServerError('aborted', 'The transfer was aborted', { cause: error })
      throw new FtpRefusal(425, 'The data connection was not opened', { cause: error })
    } finally {
      signal.removeEventListener('abort', release)
      this.drop()
    }
  }

  /** A connection may have been taken without a look at it: its ticket must not be another user's. */
  async #contextFor(socket: Socket, own: TlsIdentity, signal: AbortSignal): Promise<SecureContext> {
    const hello = seenClientHello(socket) ?? (await this.#peek(socket, signal))
    const { identities } = this.#options
    const shown = hello && (await identities?.ownerOf(hello))
    const isOther = shown !== undefined && shown.username !== this.#username
    if (isOther) identities?.suspect(shown)
    if (!hello || isOther) {
      socket.destroy()
      throw new FtpRefusal(425, 'The TLS handshake of the data connection failed')
    }
    this.#showsTickets = shown !== undefined
    return shown && identities ? identities.contextOf(shown, hello) : own.context
  }

  #peek(socket: Socket, signal: AbortSignal): Promise<ClientHello | undefined> {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(this.#options.claimTimeoutMs)])
    return peekClientHello(socket, patience).catch(() => undefined)
  }
}
