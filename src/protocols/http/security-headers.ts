import type { FastifyReply } from 'fastify'

/**
 * The console shows the plugin in a frame of its own origin, so framing by that origin alone is allowed. Images may come
 * from memory: the WebClient shows what it has read that way, and nothing of a user is ever sent as a page.
 */
const policy = [
  "default-src 'self'",
  "img-src 'self' blob:",
  "frame-ancestors 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "object-src 'none'",
]

export const securityHeaders = {
  'Content-Security-Policy': policy.join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const

/** For every answer, errors included; what may be cached says so itself. */
export function setSecurityHeaders(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(securityHeaders)) void reply.header(name, value)
}
