import type { IncomingHttpHeaders } from 'node:http'

/** What is known of the file that is asked for; nothing of a ZIP, which is made as it is sent. */
export interface Validators {
  readonly etag?: string
  /** Milliseconds since the epoch. */
  readonly modifiedAt?: number
}

/**
 * False when the client wants the file only as it knew it, and it is another now (RFC 9110 §13.1.1, §13.1.4, and §13.2.2
 * for the order).
 */
export function isAsExpected(headers: IncomingHttpHeaders, { etag, modifiedAt }: Validators): boolean {
  const known = headers['if-match']
  if (known !== undefined) {
    // A weak one has W/ before it, and equals none of ours.
    const tags: readonly string[] = known.match(/(?:W\/)?"[^"]*"/g) ?? []
    return known.trim() === '*' || (etag !== undefined && tags.includes(etag))
  }
  const date = headers['if-unmodified-since'] ?? ''
  // Such a date has no milliseconds; what is none does not count (§5.6.7).
  const since = date.endsWith(' GMT') ? Date.parse(date) : NaN
  return Number.isNaN(since) || modifiedAt === undefined || Math.floor(modifiedAt / 1000) <= since / 1000
}
