import type { FastifyReply, FastifyRequest } from 'fastify'
import { FileServerError } from '../../core/errors.ts'
import type { HttpApp } from './http-app.ts'

interface Limit {
  /** Requests of one user or admin at once. */
  readonly perAccount: number
  /** Of all. */
  readonly overall: number
}

/** What costs the server much more than the client. Each kind has places of its own: one cannot take those of another. */
const limits = {
  /** By strangers. Half of the passwords that may wait to be checked, so that the other protocols have room for theirs. */
  'sign-in': { perAccount: Infinity, overall: 100 },
  /** A password or a code, of who has signed in. */
  credential: { perAccount: 2, overall: 20 },
  /** For as long as the client takes. */
  archive: { perAccount: 4, overall: 64 },
  search: { perAccount: 4, overall: 16 },
  backup: { perAccount: 2, overall: 4 },
} as const satisfies Record<string, Limit>

export type Expense = keyof typeof limits

declare module 'fastify' {
  interface FastifyContextConfig {
    expense?: Expense
  }
}

interface Place {
  /** The client has all of the answer, or is gone. */
  isClosed: boolean
  /** The work is done: who goes away meanwhile does not make room for more of it. */
  isAnswered: boolean
  readonly leave: () => void
}

/** Keeps one account, or many strangers, from taking what all others need: so many expensive requests at once, no more. */
export class ExpensiveRequests {
  readonly #counts = new Map<string, number>()
  readonly #places = new WeakMap<FastifyRequest, Place>()

  /** Guards the routes whose configuration names an expense. */
  constructor(app: HttpApp) {
    app.addHook('preHandler', async (request, reply) => {
      const { expense } = request.routeOptions.config
      if (expense !== undefined) this.#places.set(request, this.#take(expense, request, reply))
    })
    app.addHook('onSend', async (request) => {
      const place = this.#places.get(request)
      if (!place) return
      place.isAnswered = true
      leaveIfOver(place)
    })
  }

  /**
   * For what is known to be expensive in the middle of a route alone, and ends with the connection.
   * @throws FileServerError 'too-many-attempts'
   */
  take(expense: Expense, request: FastifyRequest, reply: FastifyReply): void {
    const place = this.#take(expense, request, reply)
    place.isAnswered = true
    leaveIfOver(place)
  }

  #take(expense: Expense, request: FastifyRequest, reply: FastifyReply): Place {
    const { perAccount, overall } = limits[expense]
    const account = accountOf(request)
    const bounds: [string, number][] = [[expense, overall]]
    if (account !== undefined) bounds.push([`${expense} ${account}`, perAccount])
    for (const [name, most] of bounds)
      if ((this.#counts.get(name) ?? 0) >= most)
        throw new FileServerError(
          'too-many-attempts',
          'Too many requests of this kind at once, try again later',
        )
    for (const [name] of bounds) this.#add(name, 1)
    const leave = (): void => {
      for (const [name] of bounds) this.#add(name, -1)
    }
    // Who has gone already closes no more.
    const place: Place = { isClosed: reply.raw.destroyed, isAnswered: false, leave }
    if (!place.isClosed)
      reply.raw.once('close', () => {
        place.isClosed = true
        leaveIfOver(place)
      })
    return place
  }

  #add(name: string, difference: 1 | -1): void {
    const count = (this.#counts.get(name) ?? 0) + difference
    if (count > 0) this.#counts.set(name, count)
    else this.#counts.delete(name)
  }
}

/** Called after each of the two, so that only the later one finds both done. */
function leaveIfOver({ isClosed, isAnswered, leave }: Place): void {
  if (isClosed && isAnswered) leave()
}

function accountOf({ admin, webSession }: FastifyRequest): string | undefined {
  if (admin) return `admin:${admin.username}`
  return webSession && `user:${webSession.username}`
}
