import { AsyncLocalStorage } from 'node:async_hooks'
import type { HttpApp } from './http-app.ts'

/**
 * Where the request comes from that is being served. What an admin changes is told with it, by whichever service it was
 * changed: none has to pass it along, so none can forget it.
 */
export class RequestOrigins {
  readonly #addresses = new AsyncLocalStorage<string>()

  /** Address of the client; '' when no request is being served. */
  readonly current = (): string => this.#addresses.getStore() ?? ''

  /** After the body was read: what comes from a socket is not of one request alone. */
  follow(app: HttpApp): void {
    app.addHook('preHandler', (request, _reply, done) => this.#addresses.run(request.ip, done))
  }
}
