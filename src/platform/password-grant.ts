import { FileServerError } from '../core/errors.ts'
import type { PlatformAnswer } from './platform-http.ts'

/** How the platform took a user name and password; only 'granted' has a token. */
export type PasswordGrant =
  | { readonly outcome: 'granted'; readonly accessToken: string }
  | { readonly outcome: 'wrong' | 'second-factor' | 'limited' }

/** How the platform words a missing second factor is not documented: these are the words it could use. */
const secondFactorHint = /mfa|2fa|otp|second|factor|challenge/i

/** @throws 'unavailable' when the answer is no answer to a sign-in */
export function readPasswordGrant(answer: PlatformAnswer): PasswordGrant {
  const { status, body, message } = answer
  if (status === 200) return readSuccess(answer)
  if (status === 429) return { outcome: 'limited' }
  if (status < 400 || status >= 500 || isMissing(status)) throw unavailable(answer)
  if (secondFactorHint.test(message) || keysOf(body).some((key) => secondFactorHint.test(key))) {
    return { outcome: 'second-factor' }
  }
  return { outcome: status === 403 ? 'limited' : 'wrong' }
}

/** A 200 is a success only with a token, and not while it asks for more. */
function readSuccess(answer: PlatformAnswer): PasswordGrant {
  const { body, message } = answer
  if (typeof body !== 'object' || body === null) {
    if (secondFactorHint.test(message)) return { outcome: 'second-factor' }
    throw unavailable(answer)
  }
  const fields = body as Record<string, unknown>
  const asksForMore = keysOf(body).some((key) => secondFactorHint.test(key) && fields[key] === true)
  if (asksForMore || typeof fields.access_token !== 'string' || fields.access_token === '') {
    return { outcome: 'second-factor' }
  }
  return { outcome: 'granted', accessToken: fields.access_token }
}

/** No sign-in at this address: 404, 405, 415 and the like say nothing about the password. */
function isMissing(status: number): boolean {
  return status !== 400 && status !== 401 && status !== 403 && status !== 422
}

function keysOf(body: unknown): string[] {
  if (typeof body !== 'object' || body === null) return []
  return [...Object.keys(body), ...('error' in body ? keysOf(body.error) : [])]
}

/** Without the platform's words: an odd server may repeat the password in a form that nothing recognizes. */
function unavailable({ status }: PlatformAnswer): FileServerError {
  return new FileServerError('unavailable', 'The Thinger.io platform cannot check passwords right now', {
    cause: new Error(`HTTP ${status}`),
  })
}
