import type { Log } from '../log.ts'
import type { EventOf, EventType, ServerEvent } from './events.ts'

type Listener = (event: ServerEvent) => void | Promise<void>

/** Tells listeners what happened. A listener that fails is logged and harms nobody else. */
export class EventBus {
  readonly #listeners = new Set<Listener>()
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  emit(event: ServerEvent): void {
    for (const listener of this.#listeners) void this.#deliver(listener, event)
  }

  onAny(listener: Listener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  on<T extends EventType>(type: T, listener: (event: EventOf<T>) => void | Promise<void>): Disposable {
    return this.onAny((event) => (event.type === type ? listener(event as EventOf<T>) : undefined))
  }

  async #deliver(listener: Listener, event: ServerEvent): Promise<void> {
    try {
      await listener(event)
    } catch (error) {
      this.#log.error({ err: error, event: event.type }, 'event listener failed')
    }
  }
}
