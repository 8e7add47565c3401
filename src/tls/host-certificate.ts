import type { SecureContextOptions } from 'node:tls'
import { toFileServerError } from '../core/errors.ts'
import { fingerprintOf, type PairReading } from './certificate-directory.ts'
import { certificateProblems } from './certificate-problems.ts'
import { checkPair, isCurrent, namesHost, type KeyPair } from './key-pair.ts'

/** When a look at the files takes place. `now` is the wall clock, `elapsedMs` one that never jumps. */
export interface Look {
  readonly now: number
  readonly elapsedMs: number
  /** Contents must have been the same for this long before they are judged. */
  readonly settleMs: number
}

/** `unsettled`: look again soon. `rejected` is told once for each distinct problem. */
export type LookOutcome = 'unchanged' | 'unsettled' | 'loaded' | 'rejected'

/** Files that vanished: a certificate in use stays in use, since none would be worse. */
export const goneReading: PairReading = {
  fingerprint: 'gone',
  problem: certificateProblems['files-gone'],
}

/** The newest good pair of one host, and what is wrong with what its directory holds now. */
export class HostCertificate {
  readonly host: string
  readonly #contextOptions: SecureContextOptions
  #pair: KeyPair | undefined
  #problem: string | undefined
  #seen: { readonly fingerprint: string; readonly since: number } | undefined
  #judged: string | undefined

  /** `pair`: one that was good before. */
  constructor(host: string, contextOptions: SecureContextOptions, pair?: KeyPair) {
    this.host = host
    this.#contextOptions = contextOptions
    this.#pair = pair
  }

  get pair(): KeyPair | undefined {
    return this.#pair
  }

  /** What an operator should know, the most urgent first; undefined when all is well. */
  problemAt(now: number): string | undefined {
    if (this.#problem !== undefined || this.#pair === undefined) return this.#problem
    return (
      untimely(this.#pair, now) ??
      (namesHost(this.#pair, this.host) ? undefined : certificateProblems['names-others'])
    )
  }

  /** Takes over what the directory holds if it is whole, good, and has stopped changing. */
  consider(reading: PairReading, look: Look): LookOutcome {
    const { fingerprint } = reading
    if (this.#seen?.fingerprint !== fingerprint) this.#seen = { fingerprint, since: look.elapsedMs }
    if (fingerprint === this.#judged) return 'unchanged'
    if (look.elapsedMs - this.#seen.since < look.settleMs) return 'unsettled'
    this.#judged = fingerprint
    return this.#judge(reading, look.now)
  }

  #judge(reading: PairReading, now: number): LookOutcome {
    if ('problem' in reading) return this.#reject(reading.problem)
    if (this.#pair !== undefined && fingerprintOf(this.#pair) === reading.fingerprint) return this.#keep()
    try {
      return this.#adopt(checkPair(reading.credentials, this.#contextOptions), now)
    } catch (error) {
      return this.#reject(toFileServerError(error).message)
    }
  }

  /** An expired pair beats none and beats another expired one, but never one that is valid today. */
  #adopt(pair: KeyPair, now: number): LookOutcome {
    const problem = untimely(pair, now)
    if (problem !== undefined && this.#pair !== undefined && isCurrent(this.#pair, now)) {
      // Time alone may change this answer, so the same bytes are judged again at each look.
      this.#judged = undefined
      return this.#reject(problem)
    }
    this.#pair = pair
    this.#problem = undefined
    return 'loaded'
  }

  #keep(): LookOutcome {
    this.#problem = undefined
    return 'unchanged'
  }

  #reject(problem: string): LookOutcome {
    if (problem === this.#problem) return 'unchanged'
    this.#problem = problem
    return 'rejected'
  }
}

function untimely(pair: KeyPair, now: number): string | undefined {
  if (pair.notAfter <= now) return certificateProblems.expired
  return pair.notBefore > now ? certificateProblems['not-valid-yet'] : undefined
}
