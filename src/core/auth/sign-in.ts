import { changesAccess } from '../accounts/changes-access.ts'
import { isCountedInHome } from '../accounts/counted-places.ts'
import type { FolderRepository, UserRepository } from '../accounts/repositories.ts'
import type { User } from '../accounts/user.ts'
import { limitsOf } from '../accounts/user-limits.ts'
import type { Connection } from '../connections/connection.ts'
import type { ConnectionPlaces } from '../connections/connection-registry.ts'
import { FileServerError, hasCode, toFileServerError } from '../errors.ts'
import type { Actor, SessionProtocol } from '../events/events.ts'
import type { FileServices } from '../files/file-services.ts'
import { folderQuota, ownQuota } from '../files/live-quota.ts'
import { type Mount, MountTable } from '../files/mounts.ts'
import type { StorageProvider } from '../files/storage.ts'
import { UserFilesystem } from '../files/user-filesystem.ts'
import { rootPath } from '../files/virtual-path.ts'
import type { Log } from '../log.ts'
import type { Authenticator } from './authenticator.ts'
import type { NextMethod, SignInAttempt, SignInProof } from './credentials.ts'
import { factorFor, loginProtocolOf } from './login-methods.ts'

/** The longest that a timer waits. */
const maxTimerMs = 2 ** 31 - 1

/** One signed-in connection: whose it is, and the only way to files. Dispose it when the connection ends. */
export interface Session extends AsyncDisposable {
  readonly id: string
  readonly user: User
  readonly files: UserFilesystem
  /** Aborted when the session must end: disconnected by an admin, account gone, server stopping. */
  readonly signal: AbortSignal
  /** Milliseconds since the epoch of the last thing done. */
  readonly lastActivity: number
  /** True while files are being moved: such a session is not idle. */
  readonly hasTransfers: boolean
  /** Who it is, for events and for lines of the log. */
  actor(): Actor
  /** For a connection that turns from SFTP to SCP or a command. */
  switchProtocol(protocol: SessionProtocol): void
  /** Ends it with a reason for the log. Idempotent. */
  close(reason: string): Promise<void>
}

export type SignInResult =
  | { readonly outcome: 'accepted'; readonly session: Session }
  /** The password was right: ask for a code, and send both. Never said over FTP. */
  | { readonly outcome: 'code-needed' }
  | { readonly outcome: 'partial'; readonly proof: SignInProof; readonly continueWith: readonly NextMethod[] }

export interface SignInParts {
  readonly authenticator: Authenticator
  readonly users: UserRepository
  readonly folders: FolderRepository
  readonly connections: ConnectionPlaces
  readonly storages: StorageProvider
  readonly files: FileServices
  readonly log: Log
}

/** The one door for protocols: an attempt comes in, a session with a file system comes out. */
export class SignIn {
  readonly #parts: SignInParts

  constructor(parts: SignInParts) {
    this.#parts = parts
  }

  /**
   * `makeRoom` is asked once where there is no place, and says whether it could free some: the credential, of which a
   * code is good for one time, is not looked at again.
   *
   * @throws FileServerError 'access-denied' 'too-many-attempts' 'too-many-connections' 'unavailable'
   */
  async signIn(attempt: SignInAttempt, makeRoom?: () => Promise<boolean>): Promise<SignInResult> {
    const { authenticator, files } = this.#parts
    try {
      const { user, authentication } = await authenticator.authenticate(attempt)
      if (authentication.outcome !== 'accepted') return authentication
      const session = await this.#openSession(user, attempt, makeRoom)
      files.events.emit({
        type: 'session-opened',
        actor: session.actor(),
        clientVersion: attempt.clientVersion,
        method: authentication.method,
      })
      return { outcome: 'accepted', session }
    } catch (error) {
      const { protocol, username, remoteAddress, credential } = attempt
      const { code } = toFileServerError(error)
      const { method } = credential
      files.events.emit({ type: 'sign-in-refused', protocol, username, remoteAddress, method, code })
      throw error
    }
  }

  /** A connection of `protocol` has ended on which nothing was tried. */
  leftUntried(protocol: 'SFTP' | 'FTP', remoteAddress: string): void {
    this.#parts.files.events.emit({ type: 'client-left', protocol, remoteAddress })
  }

  /** Whether a sign-in with this key could go on; see RFC 4252 §7. */
  acceptsKey(username: string, key: Uint8Array): Promise<boolean> {
    return this.#parts.authenticator.acceptsKey(username, key)
  }

  /** True when this user must not send a password in clear text. */
  requiresTls(username: string): Promise<boolean> {
    return this.#parts.authenticator.requiresTls(username)
  }

  async #openSession(
    authenticated: User,
    attempt: SignInAttempt,
    makeRoom?: () => Promise<boolean>,
  ): Promise<OpenSession> {
    const { connections, users, files, log } = this.#parts
    const connection = await this.#takePlace(authenticated, attempt, makeRoom)
    try {
      const user = await this.#asItIsNow(authenticated, attempt)
      connection.startWith(limitsOf(user))
      const mounts = await this.#mount(user, connection)
      connection.signal.throwIfAborted()
      const filesystem = new UserFilesystem(user, mounts, connection, files)
      users.recordLogin(user.username, files.clock()).catch((error: unknown) => {
        log.warn({ err: error, username: user.username }, 'last login not recorded')
      })
      return new OpenSession(user, connection, filesystem, this.#parts)
    } catch (error) {
      connections.close(connection)
      throw error
    }
  }

  async #takePlace(
    { maxSessions }: User,
    attempt: SignInAttempt,
    makeRoom?: () => Promise<boolean>,
  ): Promise<Connection> {
    const { connections } = this.#parts
    try {
      return await connections.open(attempt, maxSessions)
    } catch (error) {
      if (!hasCode(error, 'too-many-connections') || !(await makeRoom?.())) throw error
      return connections.open(attempt, maxSessions)
    }
  }

  /**
   * While a password was checked the account may have been disabled, and its sessions disconnected, of which this
   * one was none yet. From here on it is: later changes reach it. What would leave an open session alone is no reason to
   * call a right password wrong.
   */
  async #asItIsNow(user: User, { protocol }: SignInAttempt): Promise<User> {
    const current = await this.#parts.users.find(user.username)
    const over = loginProtocolOf(protocol)
    const isRefused =
      current?.id !== user.id ||
      changesAccess(user, current) ||
      current.deniedProtocols.includes(over) ||
      (factorFor(user, over) === undefined && factorFor(current, over) !== undefined)
    if (isRefused) throw new FileServerError('access-denied', 'Authentication failed')
    return current
  }

  async #mount(user: User, connection: Connection): Promise<MountTable> {
    const { folders, storages, log } = this.#parts
    const limits = ownQuota(connection)
    const account = { kind: 'user', name: user.username } as const
    const home = storages.open(user.homeDir)
    await home.ensureRoot().catch((error: unknown) => {
      // As for a session that is open when its storage is taken away: whatever it asks for is not there, until it is back.
      if (!hasCode(error, 'not-found')) throw error
      log.warn({ err: error, username: user.username, path: user.homeDir }, 'the storage is missing')
    })
    const mounts: Mount[] = [
      { virtualPath: rootPath, storage: home, storageId: user.homeDir, account, limits },
    ]
    const known = await folders.findAll(user.folders.map((mount) => mount.folderName))
    for (const { folderName, virtualPath, quotaSize, quotaFiles } of user.folders) {
      const folder = known.find(({ name }) => name === folderName)
      if (!folder) throw new FileServerError('unavailable', 'A folder of this user is missing')
      const storage = storages.open(folder.mappedPath)
      await storage.ensureRoot().catch((error: unknown) => {
        // One folder that is not there keeps nobody from the others.
        log.warn({ err: error, username: user.username, folder: folderName }, 'folder not usable')
      })
      const isInHome = isCountedInHome({ quotaSize, quotaFiles })
      const mount: Mount = {
        virtualPath,
        storage,
        storageId: folder.mappedPath,
        account: isInHome ? account : { kind: 'folder', name: folderName },
        limits: isInHome ? limits : folderQuota(connection, folderName),
      }
      if (virtualPath === '/') mounts[0] = mount
      else mounts.push(mount)
    }
    return new MountTable(mounts)
  }
}

class OpenSession implements Session {
  readonly user: User
  readonly files: UserFilesystem
  readonly #connection: Connection
  readonly #parts: SignInParts
  #closing: Promise<void> | undefined
  #expiry: NodeJS.Timeout | undefined

  constructor(user: User, connection: Connection, files: UserFilesystem, parts: SignInParts) {
    this.user = user
    this.files = files
    this.#connection = connection
    this.#parts = parts
    if (user.expirationDate > 0) this.#awaitExpiry()
  }

  get id(): string {
    return this.#connection.connectionId
  }

  get signal(): AbortSignal {
    return this.#connection.signal
  }

  get lastActivity(): number {
    return this.#connection.lastActivity
  }

  get hasTransfers(): boolean {
    return this.#connection.hasTransfers
  }

  actor(): Actor {
    return this.#connection.actor()
  }

  switchProtocol(protocol: SessionProtocol): void {
    this.#connection.switchProtocol(protocol)
  }

  close(reason: string): Promise<void> {
    return (this.#closing ??= this.#close(reason))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close('connection closed')
  }

  #awaitExpiry(): void {
    const leftMs = this.user.expirationDate - this.#parts.files.clock()
    if (leftMs <= 0) return this.#connection.end('the account has expired')
    this.#expiry = setTimeout(() => this.#awaitExpiry(), Math.min(leftMs, maxTimerMs)).unref()
  }

  async #close(reason: string): Promise<void> {
    const { connections, files } = this.#parts
    clearTimeout(this.#expiry)
    try {
      await this.files[Symbol.asyncDispose]()
    } finally {
      connections.close(this.#connection)
      const durationMs = files.clock() - this.#connection.connectedAt
      files.events.emit({ type: 'session-closed', actor: this.actor(), durationMs, reason })
    }
  }
}
