import { createRequire } from 'node:module'

/** True when ssh2 runs its compiled ciphers; in plain JavaScript it needs about twice the CPU. */
export function isCryptoAddonLoaded(): boolean {
  const { bindingAvailable } = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as {
    bindingAvailable: boolean
  }
  return bindingAvailable
}
