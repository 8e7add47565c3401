import { Counter, Histogram, type Registry } from 'prom-client'
import type { ErrorCode } from '../../core/errors.ts'
import type { EventOf, ServerEvent } from '../../core/events/events.ts'

/** From what fits into one packet to what takes an hour. */
const durationBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 3600]
const kibibyte = 1024
const sizeBuckets = [4, 64, 1024, 16 * 1024, 128 * 1024, 1024 ** 2, 8 * 1024 ** 2].map(
  (amount) => amount * kibibyte,
)

type TransferEvent = EventOf<'file-uploaded' | 'upload-failed' | 'file-downloaded' | 'download-failed'>

/** What became of an operation that changes a name, by the kind of its event. */
const operations = {
  'file-removed': 'delete',
  'directory-made': 'mkdir',
  'directory-removed': 'rmdir',
  'entry-renamed': 'rename',
  'file-copied': 'copy',
  'attributes-set': 'setstat',
  'symlink-made': 'symlink',
} as const

/** Transfers and other operations by protocol: how many, how long, how large, and why they failed. */
export class TransferMetrics {
  readonly #transfers: Counter
  readonly #bytes: Counter
  readonly #waits: Counter
  readonly #durations: { readonly upload: Histogram; readonly download: Histogram }
  readonly #sizes: { readonly upload: Histogram; readonly download: Histogram }
  readonly #operations: Counter
  readonly #quotaRefusals: Counter
  readonly #storageFailures: Counter

  constructor(registry: Registry) {
    const registers = [registry]
    const counter = (name: string, help: string, labelNames: string[]) =>
      new Counter({ name, help, labelNames, registers })
    const histogram = (name: string, help: string, buckets: number[]) =>
      new Histogram({ name, help, buckets, labelNames: ['protocol'], registers })
    this.#transfers = counter('sftpgo_transfers_total', 'Transfers that ended', [
      'protocol',
      'operation',
      'outcome',
    ])
    this.#bytes = counter('sftpgo_transferred_bytes_total', 'Bytes of files that moved, in ended transfers', [
      'protocol',
      'operation',
    ])
    this.#waits = counter(
      'sftpgo_bandwidth_wait_seconds_total',
      'Time that transfers waited for the limit of bandwidth that their user has for each, in ended transfers',
      ['protocol', 'operation'],
    )
    this.#durations = {
      upload: histogram('sftpgo_upload_duration_seconds', 'How long uploads took', durationBuckets),
      download: histogram('sftpgo_download_duration_seconds', 'How long downloads took', durationBuckets),
    }
    this.#sizes = {
      upload: histogram('sftpgo_upload_size_bytes', 'Bytes received by an upload', sizeBuckets),
      download: histogram('sftpgo_download_size_bytes', 'Bytes sent by a download', sizeBuckets),
    }
    this.#operations = counter('sftpgo_operations_total', 'Changes of names and attributes', [
      'protocol',
      'operation',
    ])
    this.#quotaRefusals = counter('sftpgo_quota_refusals_total', 'Operations that a quota refused', [
      'protocol',
    ])
    this.#storageFailures = counter(
      'sftpgo_storage_failures_total',
      'Operations that failed for the storage: its disk is full, does not answer, or gives errors',
      ['protocol', 'code'],
    )
  }

  count(event: ServerEvent): void {
    switch (event.type) {
      case 'file-uploaded':
      case 'upload-failed':
        return this.#countTransfer('upload', event)
      case 'file-downloaded':
      case 'download-failed':
        return this.#countTransfer('download', event)
      case 'file-removed':
      case 'directory-made':
      case 'directory-removed':
      case 'entry-renamed':
      case 'file-copied':
      case 'attributes-set':
      case 'symlink-made':
        this.#operations.inc({ protocol: event.actor.protocol, operation: operations[event.type] })
        return
      case 'operation-refused':
        return this.#countFailure(event.actor.protocol, event.code)
      default:
        return
    }
  }

  #countTransfer(operation: 'upload' | 'download', event: TransferEvent): void {
    const { protocol } = event.actor
    const failure = 'code' in event ? event.code : undefined
    this.#transfers.inc({ protocol, operation, outcome: failure === undefined ? 'ok' : 'failed' })
    this.#bytes.inc({ protocol, operation }, event.bytes)
    this.#waits.inc({ protocol, operation }, (event.waitedMs ?? 0) / 1000)
    this.#durations[operation].observe({ protocol }, Math.max(0, event.durationMs) / 1000)
    this.#sizes[operation].observe({ protocol }, event.bytes)
    if (failure !== undefined) this.#countFailure(protocol, failure)
  }

  #countFailure(protocol: string, code: ErrorCode): void {
    if (code === 'quota-exceeded') this.#quotaRefusals.inc({ protocol })
    else if (code === 'storage-failure' || code === 'no-space' || code === 'unavailable')
      this.#storageFailures.inc({ protocol, code })
  }
}
