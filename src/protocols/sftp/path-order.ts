import { isWithin, type VirtualPath } from '../../core/files/virtual-path.ts'

const maxRunning = 16
/** How far ahead of a request that waits others are looked at. */
const lookAhead = 32

interface Operation {
  readonly paths: readonly VirtualPath[]
  readonly isChange: boolean
  start(): void
}

/**
 * Lets requests about names run side by side unless they touch the same one (or one above the other) and one of
 * them changes something: clients send requests ahead and rely on the order of what depends on each other.
 */
export class PathOrder {
  readonly #waiting: Operation[] = []
  readonly #running = new Set<Operation>()

  run<T>(paths: readonly VirtualPath[], isChange: boolean, task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const operation: Operation = {
        paths,
        isChange,
        start: () => {
          this.#running.add(operation)
          void task()
            .then(resolve, reject)
            .finally(() => {
              this.#running.delete(operation)
              this.#admit()
            })
        },
      }
      this.#waiting.push(operation)
      this.#admit()
    })
  }

  #admit(): void {
    for (let i = 0; i < Math.min(this.#waiting.length, lookAhead);) {
      if (this.#running.size >= maxRunning) return
      const operation = this.#waiting[i]
      if (!operation) return
      if (this.#mustWait(operation, i)) i++
      else {
        this.#waiting.splice(i, 1)
        operation.start()
      }
    }
  }

  #mustWait(operation: Operation, index: number): boolean {
    for (const running of this.#running) if (doConflict(running, operation)) return true
    return this.#waiting.slice(0, index).some((earlier) => doConflict(earlier, operation))
  }
}

function doConflict(a: Operation, b: Operation): boolean {
  if (!a.isChange && !b.isChange) return false
  return a.paths.some((one) => b.paths.some((other) => isWithin(one, other) || isWithin(other, one)))
}
