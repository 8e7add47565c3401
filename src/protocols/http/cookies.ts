import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BasePath } from './base-path.ts'

/** Two names, so that one browser can be an admin and a user at once. */
export const adminCookie = 'sftpgo_admin'
export const userCookie = 'sftpgo_user'

export type SessionCookie = typeof adminCookie | typeof userCookie

/** A token that is neither empty nor absurdly long, or undefined. */
export function cookieOf(request: FastifyRequest, name: SessionCookie): string | undefined {
  const value = request.cookies[name]
  return value === undefined || !/^[\w-]{1,128}$/.test(value) ? undefined : value
}

/**
 * Lives as long as the browser runs; the server ends it earlier. It goes to nobody but this plugin: the origin is
 * shared with the console and all other plugins.
 */
export function setSessionCookie(
  reply: FastifyReply,
  name: SessionCookie,
  token: string,
  basePath: BasePath,
): void {
  void reply.setCookie(name, token, cookieOptions(reply.request, basePath))
}

export function clearSessionCookie(reply: FastifyReply, name: SessionCookie, basePath: BasePath): void {
  void reply.clearCookie(name, cookieOptions(reply.request, basePath))
}

function cookieOptions(request: FastifyRequest, basePath: BasePath) {
  return {
    path: basePath.prefixOf(request.originalUrl),
    httpOnly: true,
    sameSite: 'strict',
    secure: isEncrypted(request),
  } as const
}

/** The header is believed for this alone: whoever forges it gets a cookie that their own browser does not send. */
function isEncrypted(request: FastifyRequest): boolean {
  const forwarded = request.headers['x-forwarded-proto']
  return request.protocol === 'https' || forwarded === 'https'
}
