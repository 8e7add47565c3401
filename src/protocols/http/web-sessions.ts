import { createHash, randomBytes } from 'node:crypto'
import type { SignInAttempt } from '../../core/auth/credentials.ts'
import type { Session, SignIn } from '../../core/auth/sign-in.ts'
import { type Clock, systemClock } from '../../core/clock.ts'
import { FileServerError } from '../../core/errors.ts'
import type { User } from '../../core/accounts/user.ts'

/** Without a request or a download under way for so long, a browser has to sign in again. */
export const webIdleTimeoutMs = 20 * 60_000
export const longestMs = 24 * 60 * 60_000
const maxClientVersion = 200
/** Each can hold directories open and links in memory. */
const maxPerUser = 100

export interface WebSignIn {
  readonly username: string
  readonly password: string
  /** Of the second factor, once it was asked for. */
  readonly code?: string | undefined
  readonly remoteAddress: string
  readonly userAgent: string
}

/** One browser that a user has signed in with. */
export class WebSession {
  readonly session: Session
  readonly #openedAt: number
  readonly #clock: Clock
  #lastSeen: number
  #holds = 0
  #downloads = 0
  #isOver = false
  #onRelease: (() => void) | undefined

  constructor(session: Session, clock: Clock) {
    this.session = session
    this.#clock = clock
    this.#openedAt = this.#lastSeen = clock()
  }

  /** As it was at the sign-in. */
  get user(): User {
    return this.session.user
  }

  get username(): string {
    return this.session.user.username
  }

  get isHeld(): boolean {
    return this.#holds > 0
  }

  /** True when the browser has to sign in again, whether or not work still goes on. */
  get isExpired(): boolean {
    const now = this.#clock()
    return this.#isOver || now - this.lastSeen > webIdleTimeoutMs || now - this.#openedAt > longestMs
  }

  /** Milliseconds since the epoch; now, while the browser takes a download. */
  get lastSeen(): number {
    return this.#downloads > 0 ? this.#clock() : this.#lastSeen
  }

  touch(): void {
    this.#lastSeen = this.#clock()
  }

  /**
   * Keeps the user's files open for work that outlives the browser's sign-in: an upload to be resumed, a job.
   * Signing out, an admin's disconnect and the end of the account end it all the same.
   */
  hold(): Disposable {
    this.#holds++
    let isHeld = true
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return
        isHeld = false
        this.#holds--
        if (this.#holds === 0) this.#onRelease?.()
      },
    }
  }

  /**
   * Holds, and takes the browser for alive until it is disposed of: who downloads a large file sends no request
   * meanwhile, and needs the sign-in to go on where a line broke.
   */
  holdForDownload(): Disposable {
    const hold = this.hold()
    let isUnderWay = true
    this.#downloads++
    return {
      [Symbol.dispose]: () => {
        if (!isUnderWay) return
        isUnderWay = false
        this.#downloads--
        this.touch()
        hold[Symbol.dispose]()
      },
    }
  }

  /** The sign-in is over; `onRelease` runs when nothing is held any more, at once if nothing is. */
  expire(onRelease: () => void): void {
    this.#isOver = true
    this.#onRelease = onRelease
    if (this.#holds === 0) onRelease()
  }
}

export interface WebSessionsOptions {
  readonly signIn: SignIn
  readonly clock?: Clock
  /** How often sessions are looked through for those that have ended. */
  readonly checkIntervalMs?: number
}

/** The users that are signed in with a browser, found by the token in their cookie. */
export class WebSessions implements AsyncDisposable {
  readonly #signIn: SignIn
  readonly #clock: Clock
  /** By the hash of the token. */
  readonly #signedIn = new Map<string, WebSession>()
  /** Those as well whose sign-in has expired while work goes on. */
  readonly #open = new Set<WebSession>()
  readonly #timer: NodeJS.Timeout

  constructor({ signIn, clock = systemClock, checkIntervalMs = 30_000 }: WebSessionsOptions) {
    this.#signIn = signIn
    this.#clock = clock
    this.#timer = setInterval(() => this.#expireIdle(), checkIntervalMs).unref()
  }

  /**
   * @throws FileServerError 'access-denied' 'second-factor-needed' 'too-many-attempts' 'too-many-connections' 'unavailable'
   */
  async open(attempt: WebSignIn): Promise<{ readonly token: string; readonly webSession: WebSession }> {
    const session = await this.#openSession(attempt)
    const token = randomBytes(32).toString('base64url')
    const webSession = new WebSession(session, this.#clock)
    this.#signedIn.set(hashOf(token), webSession)
    this.#open.add(webSession)
    session.signal.addEventListener('abort', () => void this.#end(webSession, reasonOf(session.signal)))
    if (session.signal.aborted) await this.#end(webSession, reasonOf(session.signal))
    await this.#limit(webSession.username)
    return { token, webSession }
  }

  /** Undefined when nobody is signed in with it; it counts as a sign of life. */
  find(token: string): WebSession | undefined {
    const webSession = this.#signedIn.get(hashOf(token))
    if (!webSession || webSession.isExpired) return undefined
    webSession.touch()
    return webSession
  }

  /** The browser signs out: everything of the session ends. */
  async close(token: string): Promise<void> {
    const webSession = this.#signedIn.get(hashOf(token))
    if (webSession) await this.#end(webSession, 'signed out')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([...this.#open].map((webSession) => this.#end(webSession, 'the server is stopping')))
  }

  /** Work that waits for a browser to come back does not keep its user out. False when there is none. */
  async #endWaiting(username: string): Promise<boolean> {
    const waiting = [...this.#open].filter(
      (webSession) => webSession.username === username && webSession.isExpired,
    )
    await Promise.all(waiting.map((webSession) => this.#end(webSession, 'signed in anew')))
    return waiting.length > 0
  }

  /** The browser that was silent for longest has to sign in again. */
  async #limit(username: string): Promise<void> {
    const own = [...this.#open].filter((webSession) => webSession.username === username)
    const surplus = own.sort((a, b) => a.lastSeen - b.lastSeen).slice(0, -maxPerUser)
    await Promise.all(surplus.map((webSession) => this.#end(webSession, 'signed in too often')))
  }

  async #openSession({ username, password, code, remoteAddress, userAgent }: WebSignIn): Promise<Session> {
    const attempt: SignInAttempt = {
      protocol: 'HTTP',
      username,
      remoteAddress,
      clientVersion: userAgent.slice(0, maxClientVersion),
      // Whether TLS ends before us cannot be known; only FTP makes a difference of it.
      encrypted: true,
      credential: { method: 'password', password, code },
    }
    const result = await this.#signIn.signIn(attempt, () => this.#endWaiting(username))
    if (result.outcome === 'accepted') return result.session
    if (result.outcome === 'code-needed')
      throw new FileServerError('second-factor-needed', 'Give the code of your authenticator, too')
    throw new FileServerError('access-denied', 'Authentication failed')
  }

  #expireIdle(): void {
    for (const [hash, webSession] of this.#signedIn) {
      if (!webSession.isExpired) continue
      this.#signedIn.delete(hash)
      webSession.expire(() => void this.#end(webSession, 'idle for too long'))
    }
  }

  async #end(webSession: WebSession, reason: string): Promise<void> {
    this.#open.delete(webSession)
    for (const [hash, other] of this.#signedIn) if (other === webSession) this.#signedIn.delete(hash)
    await webSession.session.close(reason)
  }
}

function reasonOf(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.message : 'the session was ended'
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
