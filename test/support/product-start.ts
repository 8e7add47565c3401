import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { spawnProduct } from './product.ts'
import { waitUntil } from './wait-until.ts'

/** A start of the product that is watched as it goes, and that need not come to serving. */
export class ProductStart implements Disposable {
  /** Every line it wrote. */
  readonly log: string[] = []
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>

  private constructor(child: ReturnType<typeof spawnProduct>) {
    this.#child = child
    this.#closed = once(child, 'close')
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on('line', (line) => this.log.push(line))
  }

  static async begin(directory: string, env: Readonly<Record<string, string>> = {}): Promise<ProductStart> {
    await mkdir(directory, { recursive: true })
    return new ProductStart(spawnProduct(directory, { env, isLeader: true }))
  }

  /** Resolves with the first line that has `text` in it. @throws with the log when none comes */
  async line(text: string, timeoutMs = 20_000): Promise<string> {
    const found = () => this.log.find((line) => line.includes(text))
    const isOver = () => this.#child.exitCode !== null || this.#child.signalCode !== null
    await waitUntil(text, () => found() !== undefined || isOver(), timeoutMs).catch(() => undefined)
    return found() ?? fail(`no line with '${text}'`, this.log)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Its exit code, null when a signal ended it. @throws with the log when it does not end, or leaves a process behind */
  async end(timeoutMs: number): Promise<number | null> {
    const late = AbortSignal.timeout(timeoutMs)
    await Promise.race([this.#closed, once(late, 'abort')])
    if (late.aborted) fail(`it runs after ${timeoutMs} ms`, this.log)
    await waitUntil('the end of its workers', () => !this.#signalGroup(0), 1_000)
    return this.#child.exitCode
  }

  [Symbol.dispose](): void {
    this.#signalGroup('SIGKILL')
  }

  /** False when no process of it is left. */
  #signalGroup(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-(this.#child.pid ?? 0), signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
      throw error
    }
  }
}

function fail(why: string, log: readonly string[]): never {
  throw new Error(`${why}\n${log.join('\n')}`)
}
