import type { FastifyRequest } from 'fastify'
import { adminMay, type Admin, type AdminPermission } from '../../core/accounts/admin.ts'
import type { AdminSignIn } from '../../core/auth/admin-sign-in.ts'
import { FileServerError } from '../../core/errors.ts'
import type { HttpApp } from './http-app.ts'

/** Who may use a route: everybody, every admin, or admins with one of the permissions. */
export type RouteAccess = 'public' | 'any-admin' | readonly AdminPermission[]

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess
  }
  interface FastifyRequest {
    admin: Admin | undefined
  }
}

/** The platform judges every Authorization header that passes it; this one it leaves alone. */
export const tokenHeader = 'X-SFTPGO-TOKEN'
const maxTokenLength = 512

/**
 * Guards every route of `app`, before its body is read. A route that does not say who may use it cannot be
 * registered: what was forgotten is refused, never open.
 */
export function guardRoutes(app: HttpApp, adminSignIn: Pick<AdminSignIn, 'authenticate'>): void {
  app.decorateRequest('admin', undefined)
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access === undefined) throw new Error(`${String(method)} ${url} does not say who may use it`)
  })
  app.addHook('onRequest', async (request) => {
    if (request.is404) return
    const { access } = request.routeOptions.config
    if (access === 'public') return
    const admin = await adminSignIn.authenticate(tokenOf(request))
    request.admin = admin
    if (access === 'any-admin') return
    if (!access?.some((permission) => adminMay(admin, permission)))
      throw new FileServerError('permission-denied', 'Your account does not have the permission for this')
  })
}

/** @throws FileServerError 'access-denied' when the request carries no token */
export function tokenOf({ headers }: FastifyRequest): string {
  const own = headers[tokenHeader.toLowerCase()]
  const bearer = /^Bearer ([\w.~+/-]+=*)$/i.exec(headers.authorization ?? '')?.[1]
  const token = typeof own === 'string' ? own : bearer
  if (token === undefined || token === '' || token.length > maxTokenLength)
    throw new FileServerError('access-denied', 'Sign in first')
  return token
}

/** The admin a guarded route was called by. */
export function adminOf(request: FastifyRequest): Admin {
  if (!request.admin) throw new Error('a guarded route ran without an admin')
  return request.admin
}
