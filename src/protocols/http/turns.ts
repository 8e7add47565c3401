import { once } from 'node:events'
import type { HttpApp } from './http-app.ts'

/**
 * Requests that a client sends ahead (RFC 9112 §9.3.2) wait for the answer before theirs. Begun at once, each would
 * hold its file open, as many as one connection can ask for.
 */
export function waitTurns(app: HttpApp): void {
  app.addHook('onRequest', async (_request, { raw }) => {
    if (raw.socket === null) await once(raw, 'socket')
  })
}
