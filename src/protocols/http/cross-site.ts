import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { csrfHeader } from '../../contract/session.ts'
import { FileServerError } from '../../core/errors.ts'

const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** What the page sends back with every change; only a page of this server can have read it. */
export function csrfTokenOf(sessionToken: string): string {
  return createHash('sha256').update(`csrf ${sessionToken}`).digest('base64url')
}

/**
 * For requests that a cookie vouches for: other sites cannot read the token, nor set the header.
 * @throws FileServerError 'permission-denied'
 */
export function refuseCrossSite(request: FastifyRequest, sessionToken: string): void {
  if (request.headers['sec-fetch-site'] === 'cross-site') throw crossSite()
  if (safeMethods.includes(request.method)) return
  const given = Buffer.from(String(request.headers[csrfHeader.toLowerCase()]))
  const wanted = Buffer.from(csrfTokenOf(sessionToken))
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw crossSite()
}

/** For a sign-in, which has no token yet: a form of another site must not sign somebody in as somebody else. */
export function refuseCrossSiteSignIn(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site']
  if (site === 'cross-site' || site === 'same-site') throw crossSite()
}

function crossSite(): FileServerError {
  return new FileServerError('permission-denied', 'The request did not come from a page of this server', {
    reason: 'cross-site',
  })
}
