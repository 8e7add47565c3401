import type { BandwidthLimiter } from './bandwidth-limiter.ts'
import type { InPlaceHandle } from './in-place-files.ts'
import type { QuotaTicket } from './quota-ticket.ts'
import type { StorageKey, WritableFile } from './storage.ts'
import type { VirtualPath } from './virtual-path.ts'

export interface UploadOptions {
  readonly file: WritableFile
  readonly ticket: QuotaTicket
  readonly limiter: BandwidthLimiter
  /** True when the name held no file at open. */
  readonly isNew: boolean
  /** Every write goes to the end of the file, in the order in which it was asked for. */
  readonly appends: boolean
  /** Nothing is replaced: what came under a free name meanwhile stays, and the upload is refused. */
  readonly replacesNothing: boolean
  /** A broken upload of a new file stays under its name, so that the client can go on with it. */
  readonly isResumable: boolean
  /** A copy is reported as a copy. */
  readonly isReported: boolean
  /** While it is open its session reads it by its name, and changes that with the file's. */
  readonly followsName: boolean
  /** Bytes; 0 = no limit. Asked each time. */
  readonly maxFileSize: () => number
  readonly mayRead: boolean
  readonly checkRoom: () => Promise<void>
  /** Runs `commit` alone among all that change the same name, telling the size of the file it replaces, if any. */
  readonly commitAlone: (commit: (replaced: number | undefined) => Promise<void>) => Promise<void>
  /** Where it is written in place: what is known of the file among all who change it. */
  readonly inPlace:
    | {
        readonly file: InPlaceHandle
        readonly release: () => void
        /** Whoever writes it had begun to replace it: what comes behind its end may be the end of another file. */
        readonly isOutdated: boolean
      }
    | undefined
  /** Makes it known that what is there is still the earlier file; undefined where nobody would take it for another. */
  readonly markUnfinished: (() => Promise<void>) | undefined
}

/** How a staged file takes its name. */
export type StagedTarget = Pick<UploadOptions, 'commitAlone' | 'markUnfinished'>

/** What is another for an upload whose name was changed. */
export interface NewTarget extends Pick<UploadOptions, 'isNew' | 'replacesNothing' | 'mayRead'> {
  readonly path: VirtualPath
  readonly key: StorageKey
  /** Bytes of the file that it will replace. */
  readonly replacedSize: number
  readonly stageAs: (file: WritableFile, username: string) => StagedTarget
}
