/** Those who share their turn; idle() settles when the last one has left. */
class Group {
  #members = 0
  #onIdle: (() => void) | undefined

  enter(): void {
    this.#members++
  }

  leave(): void {
    if (--this.#members === 0) this.#onIdle?.()
  }

  idle(): Promise<void> | undefined {
    return this.#members === 0 ? undefined : new Promise((resolve) => (this.#onIdle = resolve))
  }
}

/** First come, first served: tasks that share run together, a task alone waits for all before it and holds up all after. */
export class TurnQueue {
  #group = new Group()
  /** Settles, never fails, when the last task alone has ended; undefined when none waits or runs. */
  #barrier: Promise<void> | undefined

  async share<T>(task: () => Promise<T>): Promise<T> {
    const group = this.#group
    group.enter()
    try {
      if (this.#barrier) await this.#barrier
      return await task()
    } finally {
      group.leave()
    }
  }

  alone<T>(task: () => Promise<T>): Promise<T> {
    const [group, before] = [this.#group, this.#barrier]
    this.#group = new Group()
    const turn = this.#take(before, group, task)
    const barrier: Promise<void> = turn.then(noop, noop).then(() => {
      if (this.#barrier === barrier) this.#barrier = undefined
    })
    this.#barrier = barrier
    return turn
  }

  async #take<T>(before: Promise<void> | undefined, group: Group, task: () => Promise<T>): Promise<T> {
    await before
    await group.idle()
    return task()
  }
}

function noop(): void {}
