import { setTimeout as delay } from 'node:timers/promises'

/**
 * Asks again, every `everyMs`, until `look` answers something true, and answers that.
 * @throws naming `what` when it takes too long
 */
export async function waitUntil<T>(
  what: string,
  look: () => Promise<T | false | undefined> | T | false | undefined,
  timeoutMs = 10_000,
  everyMs = 20,
): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== false && found !== undefined) return found
    if (performance.now() > giveUpAt) throw new Error(`it never came: ${what}`)
    await delay(everyMs)
  }
}
