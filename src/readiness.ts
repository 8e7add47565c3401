import { setTimeout as delay } from 'node:timers/promises'
import { type AskReadiness, type ReadinessCheck, readinessChecks } from './core/readiness.ts'

/** A disk or a database that hangs is not ready; below the patience of whoever asks. */
const checkTimeoutMs = 2_000
/** Strangers may ask too: so long one answer serves all. */
const keepMs = 1_000

export interface ReadinessParts {
  /** Each resolves to true when the part can serve; one that throws or hangs cannot. */
  readonly checks: Readonly<Record<Exclude<ReadinessCheck, 'stopping'>, () => Promise<boolean> | boolean>>
  /** Milliseconds that one check may take. */
  readonly timeoutMs?: number
  /** Milliseconds. */
  readonly keepMs?: number
}

/** Whether clients can be served. What stops says so from its first moment. */
export class Readiness {
  readonly #parts: ReadinessParts
  #isStopping = false
  #last: { readonly failed: Promise<readonly ReadinessCheck[]>; readonly at: number } | undefined

  constructor(parts: ReadinessParts) {
    this.#parts = parts
  }

  /** From now on the answer is no. */
  stop(): void {
    this.#isStopping = true
  }

  readonly ask: AskReadiness = async () => {
    if (this.#isStopping) return ['stopping']
    const now = performance.now()
    if (this.#last === undefined || now - this.#last.at > (this.#parts.keepMs ?? keepMs))
      this.#last = { failed: this.#look(), at: now }
    const failed = await this.#last.failed
    return this.#isStopping ? ['stopping'] : failed
  }

  async #look(): Promise<readonly ReadinessCheck[]> {
    const { checks } = this.#parts
    const passed = new Map(
      await Promise.all(
        readinessChecks.map(
          async (name) => [name, name === 'stopping' || (await this.#passes(checks[name]))] as const,
        ),
      ),
    )
    return readinessChecks.filter((name) => passed.get(name) !== true)
  }

  async #passes(check: () => Promise<boolean> | boolean): Promise<boolean> {
    const done = new AbortController()
    const late = delay(this.#parts.timeoutMs ?? checkTimeoutMs, false, { signal: done.signal, ref: false })
    try {
      return await Promise.race([check(), late])
    } catch {
      return false
    } finally {
      done.abort()
      late.catch(() => undefined)
    }
  }
}
