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
  channel.answer('throttle-pass', ({ name, peer }) => throttle.pass(name, peer))
  channel.on('throttle-failure', ({ name, peer }) => throttle.recordFailure(name, peer))
  channel.on('throttle-success', ({ name, peer }) => throttle.recordSuccess(name, peer))
}

/** The same from the worker's side. */
export function passwordsOf(channel: ChannelToPrimary): { hasher: PasswordVerifier; throttle: Throttle } {
  return {
    hasher: {
      verify: (password, hash, { afresh = false } = {}) => channel.call('verify', { password, hash, afresh }),
    },
    throttle: {
      pass: (name, peer) => channel.call('throttle-pass', { name, peer }),
      recordFailure: (name, peer) => channel.post('throttle-failure', { name, peer }),
      recordSuccess: (name, peer) => channel.post('throttle-success', { name, peer }),
    },
  }
}
