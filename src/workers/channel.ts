import type { SendHandle } from 'node:child_process'
import { type ErrorCode, FileServerError, type RefusalReason } from '../core/errors.ts'
import type { Log } from '../core/log.ts'

/** What one process may say to the other: calls are answered, notes are not. */
export interface Vocabulary {
  readonly calls: object
  readonly notes: object
}

type AskOf<Call> = Call extends { ask: infer Ask } ? Ask : never
type AnswerOf<Call> = Call extends { answer: infer Answer } ? Answer : never

/** What Node has of an open connection, apart from any stream. */
export interface OpenHandle {
  close(): void
}

/** The pipe between two processes, as node:child_process makes it. */
export interface Wire {
  send(message: object, handle: SendHandle | undefined, onSent: (error: Error | null) => void): void
  receive(listener: (message: unknown, handle: unknown) => void): void
}

interface Failure {
  readonly code: ErrorCode
  readonly message: string
  readonly field: string | undefined
  readonly reason: RefusalReason | undefined
}

type Item =
  | readonly ['call', number, string, unknown]
  | readonly ['answer', number, unknown]
  | readonly ['failure', number, Failure]
  | readonly ['note', string, unknown]

type Handler = (body: unknown, handle?: unknown) => unknown

/**
 * Calls and notes between two processes, in order. What is said within one turn of the event loop's queue travels as
 * one message: a process costs its neighbour a wake-up, not one for each word.
 */
export class Channel<Out extends Vocabulary, In extends Vocabulary> {
  readonly #wire: Wire
  readonly #log: Log
  readonly #handlers = new Map<string, Handler>()
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  #queue: Item[] = []
  /** Connections on their way: this process has them as well until they have left. */
  readonly #handing = new Set<OpenHandle>()
  #lastCall = 0
  #hasEnded = false

  constructor(wire: Wire, log: Log) {
    this.#wire = wire
    this.#log = log
    wire.receive((message, handle) => this.#receive(message, handle))
  }

  /** @throws FileServerError of the other side; 'unavailable' when that one has ended */
  async call<Name extends keyof Out['calls'] & string>(
    name: Name,
    ask: AskOf<Out['calls'][Name]>,
  ): Promise<AnswerOf<Out['calls'][Name]>> {
    if (this.#hasEnded) throw hasGone()
    const id = ++this.#lastCall
    const answer = Promise.withResolvers<unknown>()
    this.#pending.set(id, answer)
    this.#push(['call', id, name, ask])
    return (await answer.promise) as AnswerOf<Out['calls'][Name]>
  }

  post<Name extends keyof Out['notes'] & string>(name: Name, body: Out['notes'][Name]): void {
    if (!this.#hasEnded) this.#push(['note', name, body])
  }

  /** A note with a connection, which is the other side's from then on. */
  hand<Name extends keyof Out['notes'] & string>(
    name: Name,
    body: Out['notes'][Name],
    handle: OpenHandle,
  ): void {
    if (this.#hasEnded) return handle.close()
    this.#flush()
    this.#send([['note', name, body]], handle)
  }

  answer<Name extends keyof In['calls'] & string>(
    name: Name,
    handler: (
      ask: AskOf<In['calls'][Name]>,
    ) => Promise<AnswerOf<In['calls'][Name]>> | AnswerOf<In['calls'][Name]>,
  ): void {
    this.#handlers.set(`call ${name}`, handler as Handler)
  }

  on<Name extends keyof In['notes'] & string>(
    name: Name,
    handler: (body: In['notes'][Name], handle: unknown) => void,
  ): void {
    this.#handlers.set(`note ${name}`, handler as Handler)
  }

  /** The other process is gone: nothing is answered any more. */
  end(): void {
    this.#hasEnded = true
    this.#queue = []
    for (const { reject } of this.#pending.values()) reject(hasGone())
    this.#pending.clear()
    // Node sends one at a time, and forgets those that wait for a process that dies.
    for (const handle of this.#handing) handle.close()
    this.#handing.clear()
  }

  #push(item: Item): void {
    this.#queue.push(item)
    if (this.#queue.length === 1) process.nextTick(() => this.#flush())
  }

  #flush(): void {
    if (this.#queue.length === 0 || this.#hasEnded) return
    const items = this.#queue
    this.#queue = []
    this.#send(items)
  }

  #send(items: readonly Item[], handle?: OpenHandle): void {
    if (handle) this.#handing.add(handle)
    this.#wire.send(items, handle as SendHandle | undefined, (error) => {
      if (handle && this.#handing.delete(handle)) handle.close()
      // The end of the other process is told by its exit.
      if (error) this.#log.debug({ err: error }, 'message to another process not sent')
    })
  }

  #receive(message: unknown, handle: unknown): void {
    for (const item of message as readonly Item[]) {
      if (item[0] === 'call') void this.#serve(item[1], item[2], item[3])
      else if (item[0] === 'note') this.#take(item[1], item[2], handle)
      else {
        const waiting = this.#pending.get(item[1])
        this.#pending.delete(item[1])
        if (item[0] === 'answer') waiting?.resolve(item[2])
        else waiting?.reject(revive(item[2]))
      }
    }
  }

  #take(name: string, body: unknown, handle: unknown): void {
    try {
      this.#handlerOf(`note ${name}`)(body, handle)
    } catch (error) {
      this.#log.error({ err: error, note: name }, 'message of another process failed')
    }
  }

  async #serve(id: number, name: string, ask: unknown): Promise<void> {
    let item: Item
    try {
      item = ['answer', id, await this.#handlerOf(`call ${name}`)(ask)]
    } catch (error) {
      item = ['failure', id, this.#describe(error, name)]
    }
    if (!this.#hasEnded) this.#push(item)
  }

  #handlerOf(name: string): Handler {
    const handler = this.#handlers.get(name)
    if (!handler) throw new Error(`nobody answers '${name}'`)
    return handler
  }

  #describe(error: unknown, name: string): Failure {
    if (error instanceof FileServerError) {
      const { code, message, field, reason } = error
      return { code, message, field, reason }
    }
    this.#log.error({ err: error, call: name }, 'call of another process failed')
    const message = 'The request failed on the server'
    return { code: 'storage-failure', message, field: undefined, reason: undefined }
  }
}

function revive({ code, message, field, reason }: Failure): FileServerError {
  return new FileServerError(code, message, { ...(field && { field }), ...(reason && { reason }) })
}

function hasGone(): FileServerError {
  return new FileServerError('unavailable', 'A part of the server has ended, try again')
}
