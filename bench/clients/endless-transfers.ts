import { type ClientCall, timeClient } from '../harness/client.ts'

/** Clients that start again whenever they end, so that there are always as many transfers as calls. */
export class EndlessTransfers implements AsyncDisposable {
  readonly #end = new AbortController()
  readonly #loops: readonly Promise<void>[]
  #error: Error | undefined

  constructor(calls: readonly ClientCall[]) {
    this.#loops = calls.map((call) => this.#repeat(call))
  }

  /** @throws what a client has failed with: then there were fewer transfers than asked for */
  assertAllRan(): void {
    if (this.#error !== undefined) throw this.#error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await Promise.all(this.#loops)
  }

  async #repeat({ program, args, options }: ClientCall): Promise<void> {
    const { signal } = this.#end
    try {
      while (!signal.aborted) await timeClient(program, args, { ...options, signal, timeoutMs: 3_600_000 })
    } catch (error) {
      if (!signal.aborted) this.#error ??= error instanceof Error ? error : new Error(String(error))
    }
  }
}
