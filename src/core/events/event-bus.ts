import type { Log } from '../log.ts'
import type { EventOf, EventType, ServerEvent } from './events.ts'

type Listener = (event: ServerEvent) => void | Promise<void>

/** Tells listeners what happened. A listener that fails is logged and harms nobody else. */
export class EventBus {
  readonly #listeners = new Set<Listener>()
  readonly #log: Log
  readonly #originOf: () => string

  /** `originOf` tells the address that the request comes from which is being served; '' without one. */
  constructor(log: Log, originOf: () => string = () => '') {
    this.#log = log
    this.#originOf = originOf
  }

  emit(event: ServerEvent): void {
    const told = this.#withOrigin(event)
    for (const listener of this.#listeners) void this.#deliver(listener, told)
  }

  onAny(listener: Listener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  on<T extends EventType>(type: T, listener: (event: EventOf<T>) => void | Promise<void>): Disposable {
    return this.onAny((event) => (event.type === type ? listener(event as EventOf<T>) : undefined))
  }

  /** Who changes something is somewhere; sessions and sign-ins tell it themselves. */
  #withOrigin(event: ServerEvent): ServerEvent {
    if (!('admin' in event) || event.remoteAddress !== undefined) return event
    const remoteAddress = this.#originOf()
    return remoteAddress === '' ? event : { ...event, remoteAddress }
  }

  async #deliver(listener: Listener, event: ServerEvent): Promise<void> {
    try {
      await listener(event)
    } catch (error) {
      this.#log.error({ err: error, event: event.type }, 'event listener failed')
    }
  }
}
