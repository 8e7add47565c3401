/** One task at a time for each name, among all who change it. */
export interface NameLocks {
  run<T>(key: string, task: () => Promise<T>): Promise<T>
  /** Alone on both, which may be the same. */
  runBoth<T>(one: string, other: string, task: () => Promise<T>): Promise<T>
}

/** Lets one task at a time work on what a key names. */
export class KeyedLock implements NameLocks {
  readonly #tails = new Map<string, Promise<unknown>>()

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    const mine = before === undefined ? task() : before.then(task, task)
    const settled = mine.catch(() => undefined)
    this.#tails.set(key, settled)
    try {
      return await mine
    } finally {
      if (this.#tails.get(key) === settled) this.#tails.delete(key)
    }
  }

  /** Settles when every task has ended that runs or waits now; those that come meanwhile are not waited for. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values())
  }

  /** Always taken in the same order, so that two who want both never wait for each other. */
  runBoth<T>(one: string, other: string, task: () => Promise<T>): Promise<T> {
    if (one === other) return this.run(one, task)
    const [first, second] = one < other ? [one, other] : [other, one]
    return this.run(first, () => this.run(second, task))
  }
}
