import { type Clock, systemClock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { LiveSettings } from '../settings/live-settings.ts'
import { systemName } from '../accounts/system-name.ts'
import type { BackupEntry, BackupService } from './backup-service.ts'

const checkIntervalMs = 60_000
const hourMs = 60 * 60_000
/** So that a disk that is full for a week does not fill the log as well. */
const maxPauseMs = 60 * 60_000

export interface SchedulerParts {
  readonly backups: Pick<BackupService, 'list' | 'make' | 'remove'>
  readonly settings: LiveSettings
  readonly log: Log
  readonly clock?: Clock
}

/** Makes a backup when the newest scheduled one is old enough, and removes the oldest; never one that was asked for. */
export class BackupScheduler implements AsyncDisposable {
  readonly #parts: SchedulerParts
  readonly #clock: Clock
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #failures = 0
  #pausedUntil = 0

  constructor(parts: SchedulerParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
  }

  /** Looks now, and every minute. */
  start(): void {
    void this.check()
    this.#timer = setInterval(() => void this.check(), checkIntervalMs).unref()
  }

  /** Does what is due, unless it is being done; never throws. */
  check(): Promise<void> {
    return (this.#running ??= this.#check().finally(() => (this.#running = undefined)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  async #check(): Promise<void> {
    if (this.#clock() < this.#pausedUntil) return
    try {
      await this.#makeWhenDue()
      this.#failures = 0
    } catch (error) {
      const pauseMs = Math.min(checkIntervalMs * 2 ** this.#failures++, maxPauseMs)
      this.#pausedUntil = this.#clock() + pauseMs
      this.#parts.log.error({ err: error, retryMs: pauseMs }, 'scheduled backup failed')
    }
  }

  async #makeWhenDue(): Promise<void> {
    const { backups, settings } = this.#parts
    const intervalMs = settings.current.backup_interval_hours * hourMs
    if (intervalMs === 0) return
    const [newest] = scheduled(await backups.list())
    // Also when the newest one is from a time that has not come: the clock was wrong then.
    if (newest && Math.abs(this.#clock() - newest.createdAt) < intervalMs) return
    await backups.make(systemName, { passphrase: settings.backupPassphrase, isScheduled: true })
    const surplus = scheduled(await backups.list()).slice(settings.current.backup_keep)
    for (const { name } of surplus) await backups.remove(systemName, name)
  }
}

function scheduled(backups: readonly BackupEntry[]): readonly BackupEntry[] {
  return backups.filter(({ isScheduled }) => isScheduled)
}
