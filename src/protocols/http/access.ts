import type { FastifyRequest } from 'fastify'
import { adminMay, type Admin, type AdminPermission } from '../../core/accounts/admin.ts'
import type { AdminSignIn } from '../../core/auth/admin-sign-in.ts'
import { FileServerError } from '../../core/errors.ts'
import { hasBody } from './body-time-limit.ts'
import { adminCookie, cookieOf, userCookie } from './cookies.ts'
import { refuseCrossSite } from './cross-site.ts'
import type { HttpApp } from './http-app.ts'
import type { WebSession, WebSessions } from './web-sessions.ts'

/** Who may use a route: everybody, users in their browser, every admin, or admins with one of the permissions. */
export type RouteAccess = 'public' | 'user' | 'any-admin' | readonly AdminPermission[]

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess
  }
  interface FastifyRequest {
    admin: Admin | undefined
    webSession: WebSession | undefined
  }
}

/** The platform judges every Authorization header that passes it; this one it leaves alone. */
export const tokenHeader = 'X-SFTPGO-TOKEN'
const maxTokenLength = 512
/** For who has signed in; others send credentials at most, so that a thousand of them cannot fill the memory. */
const maxBodyBytes = 1024 * 1024
export const maxPublicBodyBytes = 64 * 1024

export interface Guards {
  readonly adminSignIn: Pick<AdminSignIn, 'authenticate'>
  readonly webSessions: Pick<WebSessions, 'find'>
}

/**
 * Guards every route of `app`, before its body is read and again once it is there: who held it back may have lost the
 * session meanwhile. A route that does not say who may use it cannot be registered: what was forgotten is refused,
 * never open.
 */
export function guardRoutes(app: HttpApp, guards: Guards): void {
  app.decorateRequest('admin', undefined)
  app.decorateRequest('webSession', undefined)
  app.addHook('onRoute', (route) => {
    const access = route.config?.access
    if (access === undefined)
      throw new Error(`${String(route.method)} ${route.url} does not say who may use it`)
    route.bodyLimit ??= access === 'public' ? maxPublicBodyBytes : maxBodyBytes
  })
  app.addHook('onRequest', (request) => admit(request, guards))
  // Before the schema: who is not let in any more learns nothing about the body.
  app.addHook('preValidation', async (request) => {
    if (hasBody(request.raw)) await admit(request, guards)
  })
}

/** @throws FileServerError 'access-denied', 'permission-denied' */
async function admit(request: FastifyRequest, guards: Guards): Promise<void> {
  if (request.is404) return
  const { access } = request.routeOptions.config
  if (access === 'public') return
  if (access === 'user') {
    request.webSession = findWebSession(request, guards)
    return
  }
  const admin = await guards.adminSignIn.authenticate(adminTokenOf(request))
  request.admin = admin
  if (access === 'any-admin') return
  if (!access?.some((permission) => adminMay(admin, permission)))
    throw new FileServerError('permission-denied', 'Your account does not have the permission for this')
}

/**
 * The token that a program sends, or the one in the cookie of the WebAdmin; the latter with proof that a page of ours
 * sent the request.
 * @throws FileServerError 'access-denied' when there is none, 'permission-denied' without the proof
 */
export function adminTokenOf(request: FastifyRequest): string {
  const own = request.headers[tokenHeader.toLowerCase()]
  const cookie = own === undefined ? cookieOf(request, adminCookie) : undefined
  // Before the Authorization header: what a browser sends there through the platform can be the platform's own token.
  if (cookie === undefined) return programTokenOf(request)
  refuseCrossSite(request, cookie)
  return cookie
}

/**
 * The token that a program sends, and no cookie.
 * @throws FileServerError 'access-denied' when there is none
 */
export function programTokenOf({ headers }: FastifyRequest): string {
  const own = headers[tokenHeader.toLowerCase()]
  const bearer = /^Bearer ([\w.~+/-]+=*)$/i.exec(headers.authorization ?? '')?.[1]
  const token = typeof own === 'string' ? own : bearer
  if (token === undefined || token === '' || token.length > maxTokenLength)
    throw new FileServerError('access-denied', 'Sign in first')
  return token
}

function findWebSession(request: FastifyRequest, { webSessions }: Guards): WebSession {
  const token = cookieOf(request, userCookie)
  const webSession = token === undefined ? undefined : webSessions.find(token)
  if (token === undefined || !webSession) throw new FileServerError('access-denied', 'Sign in first')
  refuseCrossSite(request, token)
  return webSession
}

/** The admin a guarded route was called by. */
export function adminOf(request: FastifyRequest): Admin {
  if (!request.admin) throw new Error('a guarded route ran without an admin')
  return request.admin
}

/** The browser session of the user a guarded route was called by. */
export function webSessionOf(request: FastifyRequest): WebSession {
  if (!request.webSession) throw new Error('a guarded route ran without a user')
  return request.webSession
}
