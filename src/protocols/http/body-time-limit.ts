import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpApp } from './http-app.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes bodies that are large for the line they come by: they are cut off only while nothing arrives. */
    isSlow?: true
  }
}

/**
 * Cuts requests off whose body has not arrived whole after `limitMs`. To be called before the routes are guarded: what
 * is refused without being read is limited as well, and only who may use a slow route may be slow there.
 */
export function limitBodyTime(app: HttpApp, limitMs: number, cutOff: (socket: Socket) => void): void {
  const timers = new WeakMap<IncomingMessage, NodeJS.Timeout>()
  app.addHook('onRequest', async ({ raw }) => {
    if (!hasBody(raw)) return
    const timer = setTimeout(() => {
      if (!raw.complete) cutOff(raw.socket)
    }, limitMs).unref()
    timers.set(raw, timer)
    raw.once('close', () => clearTimeout(timer))
  })
  app.addHook('preParsing', async ({ raw, routeOptions }) => {
    if (routeOptions.config.isSlow) clearTimeout(timers.get(raw))
  })
}

/** Whether anything follows the head, see RFC 9112 §6.3: known before it is read, and however long it takes. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return 'transfer-encoding' in headers || Number(headers['content-length'] ?? 0) > 0
}
