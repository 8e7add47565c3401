import type { AdminTokenKind } from '../accounts/admin.ts'
import type { LoginMethod } from '../accounts/user.ts'
import type { ErrorCode } from '../errors.ts'
import type { VirtualPath } from '../files/virtual-path.ts'

/** The wire a session speaks: SSH stands for commands over an exec channel. */
export type SessionProtocol = 'SFTP' | 'SCP' | 'SSH' | 'FTP' | 'HTTP'

/** Who did it: one connection of one user. */
export interface Actor {
  readonly connectionId: string
  readonly username: string
  readonly protocol: SessionProtocol
  readonly remoteAddress: string
}

/** 'key': one of an admin's keys, tokens and sessions. */
export type Subject = 'user' | 'folder' | 'admin' | 'key'

/** What is told of each transfer at its end. */
export interface TransferFacts {
  readonly actor: Actor
  readonly path: VirtualPath
  /** Moved, from whatever position on. */
  readonly bytes: number
  readonly durationMs: number
  /** Of it, what was waited for the limit of bandwidth that the user has for each transfer; absent when nothing was. */
  readonly waitedMs?: number
}

/** Everything that happens, closed: audit, metrics, live view and rules listen to these and to nothing else. */
export type ServerEvent =
  | { type: 'session-opened'; actor: Actor; clientVersion: string; method: LoginMethod }
  | { type: 'session-closed'; actor: Actor; durationMs: number; reason: string }
  | {
      type: 'sign-in-refused'
      protocol: SessionProtocol
      username: string
      remoteAddress: string
      method: LoginMethod
      code: ErrorCode
    }
  /** A connection has ended on which nobody tried to sign in. HTTP has none that belongs to a client. */
  | { type: 'client-left'; protocol: 'SFTP' | 'FTP'; remoteAddress: string }
  | ({ type: 'file-uploaded'; fileSize: number } & TransferFacts)
  | ({ type: 'upload-failed'; code: ErrorCode } & TransferFacts)
  | ({ type: 'file-downloaded'; fileSize: number } & TransferFacts)
  | ({ type: 'download-failed'; code: ErrorCode } & TransferFacts)
  | { type: 'file-removed'; actor: Actor; path: VirtualPath; bytes: number }
  | { type: 'directory-made'; actor: Actor; path: VirtualPath }
  | { type: 'directory-removed'; actor: Actor; path: VirtualPath }
  | { type: 'entry-renamed'; actor: Actor; path: VirtualPath; target: VirtualPath }
  | {
      type: 'file-copied'
      actor: Actor
      path: VirtualPath
      target: VirtualPath
      bytes: number
      durationMs: number
    }
  | { type: 'attributes-set'; actor: Actor; path: VirtualPath; what: readonly ('size' | 'mode' | 'times')[] }
  | { type: 'symlink-made'; actor: Actor; path: VirtualPath; target: VirtualPath }
  | {
      type: 'operation-refused'
      actor: Actor
      operation: string
      path: VirtualPath
      /** Of what has two paths. */
      target?: VirtualPath
      code: ErrorCode
    }
  | { type: 'admin-signed-in'; admin: string; remoteAddress: string; source: string }
  | { type: 'admin-sign-in-refused'; admin: string; remoteAddress: string; code: ErrorCode }
  | { type: 'admin-signed-out'; admin: string; remoteAddress?: string; kind: AdminTokenKind }
  /** A request that would have changed something. */
  | { type: 'admin-refused'; admin: string; remoteAddress: string; request: string; code: ErrorCode }
  | {
      type: 'session-disconnected'
      /** Who asked for it; with `means` 'own' that is the user. */
      admin: string
      remoteAddress?: string
      /** Of the session that has to end. */
      connectionId: string
      username: string
      means: AdminTokenKind | 'own'
      /** Name of the key that it was asked with; '' for the other means. */
      key: string
    }
  | {
      type: 'account-changed'
      /** '__system__' for what the server does by itself. */
      admin: string
      /** The bus adds where the request comes from, here and below. */
      remoteAddress?: string
      subject: Subject
      name: string
      change: 'added' | 'replaced' | 'removed'
      /** A user changed their own account, and `admin` is that user. */
      isOwn?: true
    }
  | {
      type: 'second-factor-changed'
      /** Who did it; the owner's own name but for a reset. */
      admin: string
      remoteAddress?: string
      subject: 'user' | 'admin'
      name: string
      change: 'on' | 'off' | 'reset' | 'protocols' | 'recovery-codes-made' | 'recovery-code-used'
    }
  /** Names alone: a value can be a secret. */
  | { type: 'settings-changed'; admin: string; remoteAddress?: string; names: readonly string[] }
  /** `admin` is '__system__' for scheduled ones. */
  | { type: 'backup-made'; admin: string; remoteAddress?: string; name: string }
  | { type: 'backup-restored'; admin: string; remoteAddress?: string; name: string }
  | { type: 'backup-removed'; admin: string; remoteAddress?: string; name: string }
  /** Its download has begun. */
  | { type: 'backup-downloaded'; admin: string; remoteAddress?: string; name: string }
  /** The download of what the audit log holds has begun. */
  | { type: 'audit-exported'; admin: string; remoteAddress?: string; name: string; format: string }
  | {
      type: 'quota-scanned'
      subject: 'user' | 'folder'
      name: string
      bytes: number
      files: number
      staged: number
    }
  | { type: 'certificate-loaded'; host: string; expiresAt: number }
  | { type: 'certificate-rejected'; host: string; reason: string }

export type EventType = ServerEvent['type']
export type EventOf<T extends EventType> = Extract<ServerEvent, { type: T }>
