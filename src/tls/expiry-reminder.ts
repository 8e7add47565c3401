import type { Log } from '../core/log.ts'
import type { HostCertificate } from './host-certificate.ts'

const dayMs = 24 * 60 * 60 * 1000
const noticeMs = 14 * dayMs

/** Warns once a day of each certificate that expires within 14 days, or has. */
export class ExpiryReminder {
  readonly #log: Log
  readonly #remindedAt = new Map<string, number>()

  constructor(log: Log) {
    this.#log = log
  }

  remind(hosts: readonly HostCertificate[], now: number): void {
    for (const { host, pair } of hosts) {
      if (pair === undefined || pair.notAfter - now > noticeMs) continue
      const remindedAt = this.#remindedAt.get(host)
      if (remindedAt !== undefined && now - remindedAt < dayMs) continue
      this.#remindedAt.set(host, now)
      const fields = { host, expiresAt: new Date(pair.notAfter).toISOString() }
      this.#log.warn(fields, pair.notAfter <= now ? 'certificate has expired' : 'certificate expires soon')
    }
  }
}
