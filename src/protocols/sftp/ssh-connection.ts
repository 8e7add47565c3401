import type { Socket } from 'node:net'
import type { Session as ChannelSession } from 'ssh2'
import type { Session } from '../../core/auth/sign-in.ts'
import { steadyClock } from '../../core/clock.ts'
import { type DisconnectReason, disconnectReason } from './disconnect-message.ts'
import { proveRequestName } from './host-key-proofs.ts'
import { HandleBudget } from './open-handles.ts'
import { SftpSession } from './sftp-session.ts'
import { offerTo, waitsForOffer } from './ssh-algorithms.ts'
import { SshAuthentication } from './ssh-authentication.ts'
import { type ChannelInfo, SshChannel } from './ssh-channel.ts'
import type { ConnectionOptions } from './ssh-connection-options.ts'
import { findCommand, type SshCommand, unreadableCommand } from './ssh-commands.ts'
import { SshTransport } from './ssh-transport.ts'

/** A client that neither reads nor closes is cut off this long after it was told to go. */
const lingerMs = 5_000
/** RFC 4254 §5.1 sets no smallest packet; below this, somebody wants to see us work. */
const minPacketSize = 256
/**
 * One costs the server up to 9 ms of processor time and a client nearly nothing; without a limit on them a stranger could
 * keep it busy over one connection. Clients that wait for a password may make a new one in between.
 */
const maxExchangesBeforeSignIn = 4

/** One SSH connection from its identification to its end: who it is, its channels, when it has to go. */
export class SshConnection {
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  readonly #transport: SshTransport
  readonly #authentication: SshAuthentication
  readonly #handles: HandleBudget
  readonly #channels = new Set<SshChannel>()
  readonly #startedAt = steadyClock()
  #channelCount = 0
  #exchangeCount = 0
  #session: Session | undefined
  #closing: Promise<void> | undefined
  #keysSince = { at: steadyClock(), bytes: 0 }
  #endReason = 'connection closed'
  #cutOff: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined

  constructor(options: ConnectionOptions) {
    const { client, receiver, limits, info, algorithms } = options
    const { socket } = receiver
    this.#options = options
    this.#socket = socket
    this.#transport = new SshTransport(client, socket)
    if (algorithms !== 'strict' && !waitsForOffer(info.header.versions.software))
      this.#transport.offerByClient(offerTo)
    receiver.frameBy(this.#transport)
    this.#handles = new HandleBudget(limits.maxHandlesPerSession)
    this.#authentication = new SshAuthentication({
      signIn: options.signIn,
      transport: this.#transport,
      remoteAddress: options.receiver.address,
      clientVersion: `SSH-${info.header.versions.protocol}-${info.header.versions.software}`.slice(0, 255),
      limits,
      acceptsSha1: algorithms === 'legacy',
      log: options.log,
      onSession: (session) => this.#begin(session),
      disconnect: (reason, text) => this.disconnect(reason, text),
    })
    client.on('authentication', (context) => void this.#authentication.answer(context))
    client.on('session', (accept, reject) => this.#openChannel(accept, reject))
    // Without a listener, ssh2 does not know no-more-sessions@openssh.com.
    client.on('request', (_accept, reject) => reject?.())
    client.on('handshake', () => {
      if (++this.#exchangeCount > maxExchangesBeforeSignIn && !this.#session)
        this.disconnect(disconnectReason.protocolError, 'Too many key exchanges before the sign-in')
    })
    client.on('rekey', () => this.#newKeys())
    client.once('ready', () => {
      if (this.#transport.isExchangingKeys) client.once('rekey', () => this.#announceHostKeys())
      else this.#announceHostKeys()
    })
    client.on('error', (error) => this.#failed(error))
    socket.on('drain', () => this.#flush())
    socket.on('close', () => {
      // It would keep all that belongs to the connection in memory until then.
      clearTimeout(this.#cutOff?.timer)
      void this.#endSession()
    })
  }

  get isSignedIn(): boolean {
    return this.#session !== undefined
  }

  /** Whether a credential is being checked, or one was right and another step has to follow. */
  get isProving(): boolean {
    return this.#authentication.isProving
  }

  /** Whether the client has tried to sign in, rightly or not. */
  get hasTried(): boolean {
    return this.#authentication.hasTried
  }

  get hasTransfers(): boolean {
    return this.#session?.hasTransfers ?? false
  }

  /** 0 before the sign-in. */
  get lastActivity(): number {
    return this.#session?.lastActivity ?? 0
  }

  /** Says why and ends; everything that runs on it is aborted. */
  disconnect(reason: DisconnectReason, text: string, patienceMs = lingerMs): void {
    this.#endReason = text
    this.#transport.disconnect(reason, text)
    this.#cutOffIn(patienceMs)
    void this.#endSession()
  }

  /** Called now and then: ends what is idle or takes too long to sign in, and asks for new keys when it is time. */
  check(now: number): void {
    const { limits, client } = this.#options
    const socket = this.#socket
    if (this.#transport.isGone) return
    if (!this.#session) {
      if (steadyClock() - this.#startedAt > limits.loginGraceMs)
        this.disconnect(disconnectReason.byApplication, 'The time to sign in is over')
      return
    }
    const { lastActivity, hasTransfers } = this.#session
    const { idleTimeoutMs } = limits
    const isIdle = idleTimeoutMs > 0 && now - lastActivity > idleTimeoutMs && !hasTransfers
    if (isIdle) return this.disconnect(disconnectReason.byApplication, 'The session was idle for too long')
    const bytes = socket.bytesRead + socket.bytesWritten - this.#keysSince.bytes
    if (bytes < limits.rekeyAfterBytes && steadyClock() - this.#keysSince.at < limits.rekeyAfterMs) return
    this.#keysSince = { at: steadyClock(), bytes: socket.bytesRead + socket.bytesWritten }
    client.rekey()
  }

  /** Settles when everything that ran on it has ended. */
  async whenEnded(): Promise<void> {
    await this.#closing
  }

  /** Whatever is said later, not later than was said first. */
  #cutOffIn(patienceMs: number): void {
    const at = steadyClock() + patienceMs
    if (this.#socket.destroyed || at >= (this.#cutOff?.at ?? Infinity)) return
    clearTimeout(this.#cutOff?.timer)
    this.#cutOff = { at, timer: setTimeout(() => this.#socket.destroy(), patienceMs).unref() }
  }

  #begin(session: Session): void {
    this.#session = session
    this.#options.onSignedIn()
    const leave = () => {
      const reason: unknown = session.signal.reason
      const text = reason instanceof Error ? reason.message : 'The session has ended'
      this.disconnect(disconnectReason.byApplication, text)
    }
    if (session.signal.aborted) leave()
    else session.signal.addEventListener('abort', leave, { once: true })
  }

  #announceHostKeys(): void {
    const transport = this.#transport
    const { proofs } = this.#options
    transport.answerGlobalRequests(proveRequestName, (keys) =>
      proofs.prove(keys, transport.sessionId, transport.hostKeyAlgorithm),
    )
    transport.sendGlobalRequest(proofs.announcement)
  }

  #openChannel(accept: () => ChannelSession, reject: () => boolean | void): void {
    const session = this.#session
    if (!session || this.#channelCount >= this.#options.limits.maxChannels) {
      reject()
      return
    }
    this.#channelCount++
    const slot = accept()
    const acceptedAt = performance.now()
    let isStarted = false
    const start = () => {
      isStarted = true
      return this.#takeOver(slot, info, performance.now() - acceptedAt)
    }
    // RFC 4254 §6.5 has one program for each channel; ssh2 refuses another one without a word to the client or to us.
    const refuseSecond = () =>
      this.disconnect(disconnectReason.protocolError, 'A second program on one channel')
    const info = channelInfoOf(slot)
    slot.on('error', (error: Error) => this.#failed(error))
    slot.on('close', () => this.#slotClosed(slot, info))
    if (info.outgoing.packetSize < minPacketSize)
      return this.disconnect(disconnectReason.protocolError, 'The maximum packet size is too small')
    slot.on('subsystem', (acceptStart, rejectStart, { name }) => {
      if (isStarted) return refuseSecond()
      if (name !== 'sftp') return void rejectStart?.()
      acceptStart()
      session.switchProtocol('SFTP')
      this.#startSftp(session, start())
    })
    slot.on('exec', (acceptStart, rejectStart, { command }) => {
      if (isStarted) return refuseSecond()
      const found = this.#transport.isCommandUtf8 ? findCommand(command) : unreadableCommand
      if (!found) return void rejectStart?.()
      acceptStart()
      this.#startCommand(session, start(), found)
    })
  }

  #startSftp(session: Session, channel: SshChannel): void {
    const { log } = this.#options
    const sftp = new SftpSession({
      ...{ channel, session, log, handles: this.#handles },
      onViolation: (text) => this.disconnect(disconnectReason.protocolError, text),
    })
    channel.onClose = () => {
      this.#channels.delete(channel)
      sftp.close()
    }
  }

  #startCommand(session: Session, channel: SshChannel, command: SshCommand): void {
    channel.onClose = () => void this.#channels.delete(channel)
    session.switchProtocol(command.protocol)
    void command.run(session, channel).then(
      (exitStatus) => channel.end(exitStatus),
      (error: unknown) => {
        this.#options.log.warn({ err: error, ...session.actor() }, 'ssh command failed')
        channel.end(1)
      },
    )
  }

  /** Puts our channel where ssh2 has put its own stream. */
  #takeOver(slot: ChannelSession, info: ChannelInfo, roundTripMs: number): SshChannel {
    const channel = new SshChannel({
      transport: this.#transport,
      info,
      budget: this.#options.budget,
      // Clients say at once what they want of a channel that was opened for them.
      roundTripMs,
      onViolation: (text) => this.disconnect(disconnectReason.protocolError, text),
    })
    this.#channels.add(channel)
    ;(slot as unknown as { _channel: SshChannel })._channel = channel
    return channel
  }

  #slotClosed(slot: ChannelSession, info: ChannelInfo): void {
    this.#channelCount--
    // Nothing ran on it yet: ssh2 then neither answers the close nor forgets the channel.
    const { _channel } = slot as unknown as { _channel?: SshChannel }
    if (_channel) return
    const { _chanMgr } = this.#options.client as unknown as { _chanMgr: { remove(id: number): void } }
    _chanMgr.remove(info.incoming.id)
    if (!this.#transport.isGone) this.#transport.sendClose(info.outgoing.id)
  }

  #flush(): void {
    for (const channel of this.#channels) channel.flush()
  }

  #newKeys(): void {
    const { bytesRead, bytesWritten } = this.#socket
    this.#keysSince = { at: steadyClock(), bytes: bytesRead + bytesWritten }
    this.#flush()
  }

  #failed(error: Error): void {
    this.#options.log.debug({ err: error, ...this.#session?.actor() }, 'ssh connection failed')
    // ssh2 puts a level on its errors; its types do not know it.
    const { level } = error as { level?: string }
    if (level === 'client-timeout')
      this.disconnect(disconnectReason.byApplication, 'The client does not answer')
    else if (level === 'socket') this.#endReason = 'connection lost'
    else this.disconnect(disconnectReason.protocolError, 'Protocol error')
  }

  #endSession(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    try {
      await this.#session?.close(this.#endReason)
    } catch (error) {
      this.#options.log.warn({ err: error, ...this.#session?.actor() }, 'session not closed cleanly')
    }
  }
}

function channelInfoOf(slot: ChannelSession): ChannelInfo {
  return (slot as unknown as { _chanInfo: ChannelInfo })._chanInfo
}
