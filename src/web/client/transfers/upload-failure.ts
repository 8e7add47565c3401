export interface UploadFailure {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  /** The word of the API for it; empty when something on the way answered. */
  readonly code: string
  readonly method: string
  /** How often in a row it failed without a byte getting through. */
  readonly attempts: number
}

/**
 * What to do about a request that failed: wait and go on, let the user sign in, begin the file anew, send pieces by
 * POST, or stop this file and tell why.
 */
export type UploadRemedy = 'wait' | 'sign-in' | 'anew' | 'override' | 'stop'

const temporary: ReadonlySet<number> = new Set([0, 408, 423, 425, 429, 502, 503, 504])
const maxServerErrors = 5

export function remedyFor({ status, code, method, attempts }: UploadFailure): UploadRemedy {
  if (temporary.has(status)) return 'wait'
  if (status === 401) return 'sign-in'
  if (method !== 'POST' && (status === 404 || status === 410)) return 'anew'
  if (method === 'PATCH' && (status === 405 || status === 501)) return 'override'
  // Somebody else sends the same upload, or the place in it is not what we thought: the next look tells.
  if (status === 409) return code === 'busy' ? 'wait' : 'stop'
  return status === 500 && attempts < maxServerErrors ? 'wait' : 'stop'
}

/** Milliseconds before the next attempt: longer and longer, up to half a minute, without end. */
export function waitBefore(attempts: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.min(attempts, 10))
}
