import type { Throttle } from '../core/auth/login-throttle.ts'
import type { PasswordVerifier } from '../core/auth/password-hash.ts'
import type { ChannelToPrimary, ChannelToWorker } from './messages.ts'

/**
 * Checks passwords for a worker: so no more hashes are worked on at a time than one process would, one memory of what
 * was right serves all, and failures count wherever they are tried.
 */
export function checkPasswordsFor(
  channel: ChannelToWorker,
  { hasher, throttle }: { hasher: PasswordVerifier; throttle: Throttle },
): void {
  channel.answer('verify', ({ password, hash, afresh }) => hasher.verify(password, hash, { afresh }))
  channel.answer('throttle-pass', (name) => throttle.pass(name))
  channel.on('throttle-failure', (name) => throttle.recordFailure(name))
  channel.on('throttle-success', (name) => throttle.recordSuccess(name))
}

/** The same from the worker's side. */
export function passwordsOf(channel: ChannelToPrimary): { hasher: PasswordVerifier; throttle: Throttle } {
  return {
    hasher: {
      verify: (password, hash, { afresh = false } = {}) => channel.call('verify', { password, hash, afresh }),
    },
    throttle: {
      pass: (name) => channel.call('throttle-pass', name),
      recordFailure: (name) => channel.post('throttle-failure', name),
      recordSuccess: (name) => channel.post('throttle-success', name),
    },
  }
}
