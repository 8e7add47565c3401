import type { QuotaAccount } from '../core/accounts/repositories.ts'
import type { QuotaUsage } from '../core/accounts/user.ts'
import type { UserLimits } from '../core/accounts/user-limits.ts'
import type { ConnectionStatus, TrafficTotals, TransferStatus } from '../core/connections/connection.ts'
import type { Actor, ServerEvent, SessionProtocol } from '../core/events/events.ts'
import type { FileIdentity } from '../core/files/storage.ts'
import type { QuotaLimits } from '../core/files/quota-ticket.ts'
import type { ProcessSample } from '../core/process-sample.ts'
import type { LiveValues } from '../core/settings/setting-rules.ts'
import type { ClaimRequest } from '../protocols/ftp/passive-claim.ts'
import type { TicketOwner } from '../protocols/ftp/tls-owners.ts'
import type { Channel } from './channel.ts'

/** A connection that a worker has signed in and asks a place for. */
export interface Placing extends Actor {
  readonly clientVersion: string
  /** Milliseconds since the epoch. */
  readonly connectedAt: number
  readonly maxSessions: number
}

/** What one ticket of a worker needs in all. */
export interface HoldAsk {
  /** The worker's number for it. */
  readonly ticket: number
  readonly account: QuotaAccount
  /** As they are now. */
  readonly limits: QuotaLimits
  /** Bytes. */
  readonly size: number
  readonly files: number
  /** Of these, how many it has already; under no limit nobody was asked. */
  readonly heldFiles: number
}

export interface LentSize {
  readonly ticket: number
  /** Bytes that are really used. */
  readonly size: number
  /** Answers to 'quota-hold' that the worker has seen for it. */
  readonly grants: number
}

/** Who tries to sign in, as the throttle counts it. */
export interface LoginSource {
  readonly name: string
  readonly peer?: string | undefined
}

/** A transfer of a worker by the worker's number for it. */
export interface TransferNumber {
  readonly connectionId: string
  readonly transfer: number
}

/** What a worker says to the primary process. */
export interface WorkerWords {
  calls: {
    place: { ask: Placing; answer: void }
    verify: { ask: { password: string; hash: string; afresh: boolean }; answer: boolean }
    'throttle-pass': { ask: LoginSource; answer: void }
    /** Answers of which of the names there is anything to ask: somebody changes the file in place, or began to replace it. */
    lock: { ask: { id: number; names: readonly string[] }; answer: readonly string[] }
    'quota-open': { ask: QuotaAccount; answer: void }
    'quota-usage': { ask: QuotaAccount; answer: QuotaUsage }
    /** Answers the bytes that are held now: those asked for or more; never fewer than before. */
    'quota-hold': { ask: HoldAsk; answer: number }
    'in-place-open': {
      ask: { id: number; name: string; size: number; identity: FileIdentity | undefined }
      answer: void
    }
    'in-place-recount': { ask: { id: number; size: number }; answer: number }
    'in-place-counted': { ask: { name: string; size: number }; answer: number }
    'in-place-recount-name': { ask: { name: string; before: number; after: number }; answer: number }
    'in-place-is-unfinished': { ask: { name: string; user: string }; answer: boolean }
    'ticket-owner': { ask: string; answer: TicketOwner | undefined }
  }
  notes: {
    event: ServerEvent
    /** Each second, from its start to its end: the sign that it works. */
    sample: ProcessSample
    leave: string
    'switch-protocol': { connectionId: string; protocol: SessionProtocol }
    traffic: TrafficTotals
    /** What is not ended when the worker dies is told as failed. */
    'transfer-began': TransferNumber & Omit<TransferStatus, 'bytes'>
    /** Bytes of those that have moved on. */
    'transfers-moved': readonly (TransferNumber & Pick<TransferStatus, 'bytes'>)[]
    /** In one message with the event that tells how it ended. */
    'transfer-ended': TransferNumber
    'throttle-failure': LoginSource
    'throttle-success': LoginSource
    unlock: number
    'quota-settle': { ticket: number; account: QuotaAccount; change: QuotaUsage }
    'quota-release': number
    /** Room that was lent to a ticket goes back. */
    'quota-give-back': LentSize
    'quota-close': QuotaAccount
    'in-place-release': number
    'in-place-forget': string
    'in-place-move': { from: string; to: string }
    'in-place-unfinished': { name: string; user: string }
    claim: { id: number; request: ClaimRequest }
    'claim-renew': number
    'claim-release': number
    'tls-open': { id: string; shown: string | undefined }
    'tls-close': string
    'tls-signed-in': { id: string; username: string }
    'tls-suspect': string
  }
}

/** Where a worker listens. */
export interface WorkerAddresses {
  readonly sftp: readonly string[]
  readonly ftp: readonly string[]
}

/** What the primary process says to a worker. `Setup` is all that a worker needs to start. */
export interface PrimaryWords<Setup> {
  calls: {
    start: { ask: Setup; answer: WorkerAddresses }
    /** Milliseconds that running transfers may go on. */
    stop: { ask: number; answer: void }
    connections: { ask: null; answer: readonly ConnectionStatus[] }
    /** What the worker's tickets of an account really use; it holds no more from then on. */
    reclaim: { ask: QuotaAccount; answer: readonly LentSize[] }
    /** Tags of all processes that may be writing staged files. */
    'staging-tags': { ask: readonly string[]; answer: void }
  }
  notes: {
    settings: LiveValues
    end: { connectionId: string; reason: string }
    limit: { connectionId: string; limits: UserLimits }
    'claim-armed': { id: number; port: number }
    'claim-ended': { id: number; isBusy: boolean }
    /** With the connection, and the bytes of it that have been read. */
    'claim-matched': { id: number; bytes: Uint8Array }
  }
}

/** A worker's side. */
export type ChannelToPrimary = Channel<WorkerWords, PrimaryWords<unknown>>
/** The primary's side of one worker. */
export type ChannelToWorker = Channel<PrimaryWords<unknown>, WorkerWords>
