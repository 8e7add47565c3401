import type { Socket } from 'node:net'
import type { Session } from '../../core/auth/sign-in.ts'
import { FileServerError } from '../../core/errors.ts'
import type { UserFilesystem } from '../../core/files/user-filesystem.ts'
import { parseVirtualPath, rootPath, type VirtualPath } from '../../core/files/virtual-path.ts'
import type { Log } from '../../core/log.ts'
import type { Command } from './commands/command.ts'
import { commandFor } from './commands/command-table.ts'
import { type CommandLine, tooLong } from './command-reader.ts'
import { ControlConnection } from './control-connection.ts'
import { DataPort } from './data-port.ts'
import { defaultFacts, type Fact } from './ftp-listing.ts'
import type { FtpServerOptions } from './ftp-options.ts'
import { FtpRefusal, isUnforeseen, replyTo } from './ftp-reply.ts'
import { type HashName } from './hash-names.ts'
import { peerOf } from './passive-ports.ts'
import type { TlsIdentities } from './tls-identities.ts'

/** Commands that may wait for their turn before the client has to. */
const maxQueuedCommands = 64
const defaultStallTimeoutMs = 120_000

/** What a transfer shows of itself while it runs. */
export interface TransferProgress {
  readonly bytes: number
  readonly path: VirtualPath
}

/** One control connection: who it is, where it stands, and its commands one after the other. */
export class FtpSession {
  readonly options: FtpServerOptions
  readonly control: ControlConnection
  readonly data: DataPort
  readonly remoteAddress: string
  /** Settles when everything of it has ended. */
  readonly ended: Promise<void>
  cwd: VirtualPath = rootPath
  type: 'A' | 'I' = 'A'
  hash: HashName = 'SHA-256'
  facts: ReadonlySet<Fact> = defaultFacts
  clientName = ''
  /** The name that USER gave, until PASS. */
  username = ''
  failedLogins = 0
  /** Whether a password has come. */
  hasTried = false
  /** While a password is being checked. */
  isProving = false
  renameFrom: VirtualPath | undefined
  isExtendedPassiveOnly = false
  progress: TransferProgress | undefined
  readonly #end = Promise.withResolvers<void>()
  readonly #implicitTls: boolean
  readonly #identities: TlsIdentities | undefined
  readonly #onSignedIn: () => void
  #log: Log
  #session: Session | undefined
  #restartAt = 0
  #hasSpoken = false
  #hasQuit = false
  #queue: CommandLine[] = []
  #isWorking = false
  #running: AbortController | undefined
  #runningIsLong = false
  #runningEnded: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined
  #loginTimer: NodeJS.Timeout | undefined
  #idleTimer: NodeJS.Timeout | undefined

  constructor(
    socket: Socket,
    options: FtpServerOptions,
    parts: {
      identities: TlsIdentities | undefined
      isImplicitTls: boolean
      onSignedIn: () => void
      /** The client's, if a proxy told it. */
      address: string | undefined
    },
  ) {
    this.options = options
    this.remoteAddress = parts.address ?? peerOf(socket)
    this.ended = this.#end.promise
    this.#implicitTls = parts.isImplicitTls
    this.#identities = parts.identities
    this.#onSignedIn = parts.onSignedIn
    this.#log = options.log.child({ protocol: 'FTP', remoteAddress: this.remoteAddress })
    const { limits, passivePorts, tls, sessionReuse } = options
    this.data = new DataPort({
      passivePorts,
      identities: parts.identities,
      // Data connections come through the same proxy, which says nothing there.
      address: peerOf(socket),
      tls,
      sessionReuse,
      claimTimeoutMs: limits.claimTimeoutMs,
      stallTimeoutMs: limits.stallTimeoutMs ?? defaultStallTimeoutMs,
    })
    this.control = new ControlConnection(socket, limits.maxLineBytes, {
      onLine: (line) => this.#receive(line),
      onClose: () => void this.close('connection closed'),
    })
  }

  /** Greets, once TLS is there where it comes first. */
  async start(): Promise<void> {
    const { loginTimeoutMs } = this.options.limits
    this.#loginTimer = setTimeout(() => this.hangUp('Sign in faster'), loginTimeoutMs)
    try {
      if (this.#implicitTls) await this.secure(() => {})
      this.reply(220, 'Ready for FTP and FTPS')
      this.control.read()
    } catch (error) {
      this.#log.info({ err: error }, 'tls handshake failed')
      this.control.destroy()
    }
  }

  get log(): Log {
    return this.#log
  }

  get isSignedIn(): boolean {
    return this.#session !== undefined
  }

  /** Whether a line has come from the client. */
  get hasSpoken(): boolean {
    return this.#hasSpoken
  }

  get session(): Session {
    if (!this.#session) throw new FtpRefusal(530, 'Sign in first')
    return this.#session
  }

  get files(): UserFilesystem {
    return this.session.files
  }

  get hasRunningTransfer(): boolean {
    return this.progress !== undefined
  }

  /** Commands or bytes that have been received after the running command. */
  get hasPendingInput(): boolean {
    return this.#queue.length > 0 || this.control.hasUnreadBytes
  }

  /** The client has ended its connection without a goodbye, which RFC 959 §4.1.1 takes for ABOR and QUIT. */
  get hasLostClient(): boolean {
    return this.control.hasEnded && !this.#hasQuit
  }

  reply(code: number, text: string | readonly string[]): void {
    this.control.reply(code, text)
  }

  /** @throws FileServerError 'invalid-path' */
  path(argument: string): VirtualPath {
    return parseVirtualPath(argument, this.cwd)
  }

  /** REST holds for the next transfer alone (RFC 3659 §5). */
  restartAt(position: number): void {
    this.#restartAt = position
  }

  takeRestart(): number {
    const position = this.#restartAt
    this.#restartAt = 0
    return position
  }

  /** Turns the connection to TLS; data connections are private from the start where TLS came first. */
  async secure(announce: () => void): Promise<void> {
    if (!this.#identities) throw new FtpRefusal(502, 'TLS is not available')
    const identity = await this.control.secure(this.#identities, announce)
    this.data.secure(identity, this.#implicitTls)
    if (this.#closing) this.data.close()
  }

  signedIn(session: Session): void {
    if (this.#closing) return void session.close('connection closed')
    this.#session = session
    this.cwd = session.files.startDirectory
    this.data.signedIn(session.user)
    this.#log = this.#log.child({ connectionId: session.id, username: session.user.username })
    clearTimeout(this.#loginTimer)
    this.#onSignedIn()
    const onEnd = (): void => {
      const { reason } = session.signal as { reason: unknown }
      this.hangUp(reason instanceof Error ? reason.message : 'The session has ended')
    }
    session.signal.addEventListener('abort', onEnd, { once: true })
    if (session.signal.aborted) onEnd()
  }

  /** ABOR: ends what runs, and resolves when that has been answered. */
  async abortRunning(): Promise<void> {
    this.#running?.abort(new FileServerError('aborted', 'The transfer was aborted'))
    await this.#runningEnded
  }

  /** Says goodbye and closes. */
  hangUp(text: string): void {
    this.reply(421, text)
    this.control.end()
    void this.close(text)
  }

  /** Ends everything that belongs to the connection. Idempotent. */
  close(reason: string): Promise<void> {
    return (this.#closing ??= this.#close(reason))
  }

  async #close(reason: string): Promise<void> {
    clearTimeout(this.#loginTimer)
    clearTimeout(this.#idleTimer)
    this.#queue = []
    this.data.close()
    this.#running?.abort(new FileServerError('aborted', 'The connection was lost'))
    this.control.end()
    try {
      await this.#session?.close(reason)
      await this.#runningEnded
    } catch (error) {
      this.#log.error({ err: error }, 'session did not end well')
    }
    this.#end.resolve()
  }

  #receive(line: CommandLine): void {
    if (this.#closing) return
    this.#hasSpoken = true
    if (typeof line === 'string' && splitLine(line).verb === 'QUIT') {
      this.#hasQuit = true
      this.control.outliveEnd()
    }
    if (typeof line === 'string' && this.#runningIsLong && this.#answerMeanwhile(line)) return
    this.#queue.push(line)
    if (this.#queue.length >= maxQueuedCommands) this.control.hold(true)
    if (this.#isWorking) return
    this.#isWorking = true
    // Later, so that what came in the same segment is in the queue already.
    queueMicrotask(() => void this.#work())
  }

  /** What a client may ask while a transfer runs (RFC 959 §4.1.3); false when it has to wait. */
  #answerMeanwhile(line: string): boolean {
    const { verb, argument } = splitLine(line)
    if (verb === 'NOOP') this.reply(200, 'Still busy')
    else if (verb === 'STAT' && argument === '') this.#replyProgress()
    else if (verb === 'ABOR')
      this.abortRunning().then(
        () => this.#replyAborted(),
        () => {},
      )
    else {
      // The transfer is answered before the goodbye (RFC 959 §4.1.1); a wait for a data port is not worth it.
      if (verb === 'QUIT' && !this.hasRunningTransfer) this.#running?.abort(new Error('quit'))
      return false
    }
    return true
  }

  #replyAborted(): void {
    this.data.drop()
    this.reply(226, 'Aborted')
  }

  #replyProgress(): void {
    const { progress } = this
    this.reply(213, progress ? `${progress.bytes} bytes of ${progress.path} transferred` : 'Busy')
  }

  async #work(): Promise<void> {
    clearTimeout(this.#idleTimer)
    for (let line = this.#queue.shift(); line !== undefined; line = this.#queue.shift()) {
      if (this.#queue.length === maxQueuedCommands / 2) this.control.hold(false)
      await this.#run(line)
      await this.control.drained()
    }
    this.#isWorking = false
    this.#startIdleTimer()
  }

  #startIdleTimer(): void {
    const { idleTimeoutMs } = this.options.limits
    if (idleTimeoutMs === 0 || this.#closing) return
    this.#idleTimer = setTimeout(() => this.hangUp('Idle for too long'), idleTimeoutMs)
  }

  async #run(line: CommandLine): Promise<void> {
    if (line === tooLong) {
      // Whatever it was, its data connection is not wanted.
      this.data.drop()
      return this.reply(500, 'The command is too long')
    }
    const { verb, argument } = splitLine(line)
    if (verb === '') return
    const command = commandFor(verb)
    if (!command) return this.reply(500, 'Unknown command')
    if (command.needsLogin && !this.isSignedIn) return this.reply(530, 'Sign in first')
    const running = new AbortController()
    const ended = Promise.withResolvers<void>()
    this.#running = running
    this.#runningEnded = ended.promise
    this.#runningIsLong = command.isLong === true
    try {
      if (command.argument === 'required' && argument === '')
        throw new FtpRefusal(501, `${verb} needs an argument`)
      if (command.usesData) this.data.requireClaim()
      await command.run(this, argument, running.signal)
    } catch (error) {
      this.#refuse(error, verb, command)
    } finally {
      if (command.usesData) this.#endTransfer()
      this.#running = undefined
      this.#runningIsLong = false
      ended.resolve()
    }
  }

  /** What was set and claimed for one transfer is not there for the next. */
  #endTransfer(): void {
    this.takeRestart()
    this.data.drop()
  }

  #refuse(error: unknown, verb: string, command: Command): void {
    if (isUnforeseen(error)) this.#log.error({ err: error, verb }, 'command failed')
    const { code, text } = replyTo(error, command.replies)
    if (code === 421) this.hangUp(text)
    else this.reply(code, text)
  }
}

/** The verb may be in lower case; the argument is what follows one space, as it is. */
function splitLine(line: string): { verb: string; argument: string } {
  const text = line.trimStart()
  const space = text.indexOf(' ')
  if (space < 0) return { verb: text.toUpperCase(), argument: '' }
  return { verb: text.slice(0, space).toUpperCase(), argument: text.slice(space + 1) }
}
