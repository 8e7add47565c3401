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

/**
 * Makes a backup when the newest scheduled one is old enough, and removes the oldest; never one that was asked for. How
 * old one is says its name: one from a time that has not come is no reason to wait, and the first to go.
 */
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
    const pauseMs = this.#pausedUntil - this.#clock()
    // A longer one was begun by a clock that was wrong.
    if (pauseMs > 0 && pauseMs <= maxPauseMs) return
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
    const now = this.#clock()
    const isFresh = ({ createdAt }: BackupEntry) => createdAt <= now && now - createdAt < intervalMs
    if (scheduled(await backups.list()).some(isFresh)) return
    const made = await backups.make(systemName, { passphrase: settings.backupPassphrase, isScheduled: true })
    const others = scheduled(await backups.list()).filter(({ name }) => name !== made.name)
    const surplus = byWorth(others, now).slice(settings.current.backup_keep - 1)
    for (const { name } of surplus) await backups.remove(systemName, name)
  }
}

/**
 * The newest first. Those that are dated later than now come last, the latest of them first: the clock was wrong when they
 * were made, or is now, and by their dates they would outlive all others.
 */
function byWorth(backups: readonly BackupEntry[], now: number): readonly BackupEntry[] {
  const newest = backups.toSorted((a, b) => b.createdAt - a.createdAt)
  const isLater = ({ createdAt }: BackupEntry) => createdAt > now
  return [...newest.filter((entry) => !isLater(entry)), ...newest.filter(isLater)]
}

function scheduled(backups: readonly BackupEntry[]): readonly BackupEntry[] {
  return backups.filter(({ isScheduled }) => isScheduled)
}
