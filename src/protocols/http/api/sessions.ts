import { apiMessage } from '../../../contract/api-answer.ts'
import {
  adminSession,
  adminSessionState,
  signInRequest,
  userSession,
  userSessionState,
  type AdminSession,
  type AdminSessionState,
  type UserSession,
} from '../../../contract/session.ts'
import type { AccountService } from '../../../core/accounts/account-service.ts'
import type { AdminSignIn } from '../../../core/auth/admin-sign-in.ts'
import type { Identity } from '../../../core/auth/admin-tokens.ts'
import { hasCode } from '../../../core/errors.ts'
import type { BasePath } from '../base-path.ts'
import { adminCookie, clearSessionCookie, cookieOf, setSessionCookie, userCookie } from '../cookies.ts'
import { csrfTokenOf, refuseCrossSite, refuseCrossSiteSignIn } from '../cross-site.ts'
import type { HttpApp } from '../http-app.ts'
import { webIdleTimeoutMs, type WebSession, type WebSessions } from '../web-sessions.ts'
import { signInAdmin } from './admin-credentials.ts'

const tags = ['sessions']

export interface SessionParts {
  readonly adminSignIn: AdminSignIn
  readonly accounts: AccountService
  readonly webSessions: WebSessions
  readonly basePath: BasePath
}

/** Signing in and out with a browser: the WebAdmin for admins, the WebClient for users. */
export function serveSessions(app: HttpApp, parts: SessionParts): void {
  serveAdminSession(app, parts)
  serveUserSession(app, parts)
}

function serveAdminSession(app: HttpApp, { adminSignIn, accounts, basePath }: SessionParts): void {
  app.get(
    '/session/admin',
    {
      config: { access: 'public' },
      schema: {
        tags,
        operationId: 'get_admin_session',
        summary: 'Who is signed in to the WebAdmin, and how to sign in',
        response: { 200: adminSessionState },
      },
    },
    async (request): Promise<AdminSessionState> => {
      const token = cookieOf(request, adminCookie)
      const signedIn = token === undefined ? undefined : await identify(adminSignIn, token)
      const has_users = await accounts.hasUsers()
      const ways = { thinger: adminSignIn.ways.directory, setup_code: adminSignIn.ways.setupCode }
      if (token === undefined || !signedIn) return { has_users, ways }
      return { session: fromAdmin(signedIn, token), has_users, ways }
    },
  )

  app.post(
    '/session/admin',
    {
      config: { access: 'public', expense: 'sign-in' },
      schema: {
        tags,
        operationId: 'open_admin_session',
        summary: 'Sign in to the WebAdmin',
        body: signInRequest,
        response: { 200: adminSession },
      },
    },
    async (request, reply) => {
      refuseCrossSiteSignIn(request)
      const { token } = await signInAdmin(adminSignIn, request.body, request.ip, 'session')
      setSessionCookie(reply, adminCookie, token, basePath)
      return fromAdmin(await adminSignIn.identify(token), token)
    },
  )

  app.delete(
    '/session/admin',
    {
      config: { access: 'public' },
      schema: {
        tags,
        operationId: 'close_admin_session',
        summary: 'Sign out of the WebAdmin',
        response: { 200: apiMessage },
      },
    },
    async (request, reply) => {
      const token = cookieOf(request, adminCookie)
      if (token !== undefined) {
        refuseCrossSite(request, token)
        await adminSignIn.signOut(token)
      }
      clearSessionCookie(reply, adminCookie, basePath)
      return { message: 'Signed out' }
    },
  )
}

function serveUserSession(app: HttpApp, { webSessions, basePath }: SessionParts): void {
  app.get(
    '/session/user',
    {
      config: { access: 'public' },
      schema: {
        tags,
        operationId: 'get_user_session',
        summary: 'Who is signed in to the WebClient',
        response: { 200: userSessionState },
      },
    },
    async (request) => {
      const token = cookieOf(request, userCookie)
      const webSession = token === undefined ? undefined : webSessions.find(token)
      return token === undefined || !webSession ? {} : { session: fromUser(webSession, token) }
    },
  )

  app.post(
    '/session/user',
    {
      config: { access: 'public', expense: 'sign-in' },
      schema: {
        tags,
        operationId: 'open_user_session',
        summary: 'Sign in to the WebClient',
        body: signInRequest,
        response: { 200: userSession },
      },
    },
    async (request, reply) => {
      refuseCrossSiteSignIn(request)
      const { username, password, otp: code } = request.body
      const { token, webSession } = await webSessions.open({
        ...{ username, password, code, remoteAddress: request.ip },
        userAgent: request.headers['user-agent'] ?? '',
      })
      setSessionCookie(reply, userCookie, token, basePath)
      return fromUser(webSession, token)
    },
  )

  app.delete(
    '/session/user',
    {
      config: { access: 'public' },
      schema: {
        tags,
        operationId: 'close_user_session',
        summary: 'Sign out of the WebClient; uploads that are not complete are given up',
        response: { 200: apiMessage },
      },
    },
    async (request, reply) => {
      const token = cookieOf(request, userCookie)
      if (token !== undefined) {
        refuseCrossSite(request, token)
        await webSessions.close(token)
      }
      clearSessionCookie(reply, userCookie, basePath)
      return { message: 'Signed out' }
    },
  )
}

/** Undefined for a session that is over: the page then asks for a sign-in. */
async function identify(adminSignIn: AdminSignIn, token: string): Promise<Identity | undefined> {
  try {
    const identity = await adminSignIn.identify(token)
    return identity.token.kind === 'session' ? identity : undefined
  } catch (error) {
    if (hasCode(error, 'access-denied')) return undefined
    throw error
  }
}

function fromAdmin({ admin, token: { expiresAt } }: Identity, token: string): AdminSession {
  return {
    username: admin.username,
    source: admin.source,
    permissions: [...admin.permissions],
    csrf_token: csrfTokenOf(token),
    expires_at: expiresAt,
  }
}

function fromUser({ user, session }: WebSession, token: string): UserSession {
  return {
    username: user.username,
    csrf_token: csrfTokenOf(token),
    connection_id: session.id,
    start_directory: user.startDirectory,
    idle_timeout_ms: webIdleTimeoutMs,
  }
}
