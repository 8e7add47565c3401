/** Milliseconds that lines of a burst are gathered. */
const gatherMs = 50
/** Characters; so many are not kept back any longer. */
const maxGathered = 64 * 1024
/** pino's number for 'warn'. */
const warnLevel = 40
/** Makes pino tell `lastLevel` (pino's API, "Metadata"). */
const metadata = Symbol.for('pino.metadata')

/** Takes whole lines and has them written when it returns. */
export interface LineOutput {
  write(lines: string): unknown
}

/**
 * Where a log goes. A line alone is written at once; those that follow within a moment are written together, since
 * each write costs a system call and wakes whoever reads it, which under load is a fifth of a small upload. What is to be looked at
 * is never kept back, nor what came before it; what was gathered when the process ends is the owner's to flush().
 */
export class BurstOutput {
  readonly [metadata] = true
  /** Set by pino before each write. */
  lastLevel = 0
  readonly #output: LineOutput
  #gathered = ''
  #timer: NodeJS.Timeout | undefined

  constructor(output: LineOutput) {
    this.#output = output
  }

  write(line: string): void {
    this.#gathered += line
    const isDue = !this.#timer || this.lastLevel >= warnLevel || this.#gathered.length >= maxGathered
    if (isDue) this.flush()
    this.#timer ??= setTimeout(() => this.#endBurst(), gatherMs).unref()
  }

  flush(): void {
    const lines = this.#gathered
    this.#gathered = ''
    if (lines !== '') this.#output.write(lines)
  }

  #endBurst(): void {
    this.#timer = undefined
    if (this.#gathered === '') return
    this.flush()
    this.#timer = setTimeout(() => this.#endBurst(), gatherMs).unref()
  }
}
