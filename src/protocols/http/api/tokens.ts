import type { FastifyRequest } from 'fastify'
import { apiMessage } from '../../../contract/api-answer.ts'
import { token, tokenRequest, type Token } from '../../../contract/token.ts'
import type { AdminSignIn } from '../../../core/auth/admin-sign-in.ts'
import { FileServerError, hasCode } from '../../../core/errors.ts'
import { programTokenOf } from '../access.ts'
import type { HttpApp } from '../http-app.ts'
import { signInAdmin, type Credentials } from './admin-credentials.ts'

const tags = ['token']
const maxNameLength = 255
const maxPasswordLength = 8192
/** SFTPGo's header for a code of the second factor. */
const otpHeader = 'X-SFTPGO-OTP'
const maxOtpLength = 64

/** Signing in and out. Both ways in give the same token; GET is SFTPGo's, POST passes the platform. */
export function serveTokens(app: HttpApp, adminSignIn: AdminSignIn): void {
  app.get(
    '/token',
    {
      config: { access: 'public', expense: 'sign-in' },
      exposeHeadRoute: false,
      schema: {
        tags,
        operationId: 'get_token',
        summary: 'Sign in with HTTP basic authentication',
        description: `A code of the second factor goes into the header ${otpHeader}.`,
        security: [{ BasicAuth: [] }],
        response: { 200: token },
      },
    },
    async (request, reply) => {
      try {
        const credentials = basicCredentials(request.headers.authorization)
        if (!credentials) throw new FileServerError('access-denied', 'Give a user name and a password')
        return await issue(adminSignIn, { ...credentials, otp: otpOf(request) }, request.ip)
      } catch (error) {
        if (hasCode(error, 'access-denied') || hasCode(error, 'second-factor-needed'))
          void reply.header('WWW-Authenticate', 'Basic realm="SFTPGo", charset="UTF-8"')
        throw error
      }
    },
  )

  app.post(
    '/token',
    {
      config: { access: 'public', expense: 'sign-in' },
      schema: {
        tags,
        operationId: 'create_token',
        summary: 'Sign in where no Authorization header can be sent',
        body: tokenRequest,
        response: { 200: token },
      },
    },
    async (request) =>
      issue(adminSignIn, { ...request.body, otp: request.body.otp ?? otpOf(request) }, request.ip),
  )

  app.get(
    '/logout',
    {
      config: { access: 'any-admin' },
      exposeHeadRoute: false,
      schema: {
        tags,
        operationId: 'logout',
        summary: 'End the validity of the token',
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      // No cookie: any page could lead a browser to this address. Browsers sign out by DELETE /session/admin.
      await adminSignIn.signOut(programTokenOf(request))
      return { message: 'Your token has been invalidated' }
    },
  )
}

async function issue(
  adminSignIn: AdminSignIn,
  credentials: Credentials,
  remoteAddress: string,
): Promise<Token> {
  const { token: text, expiresAt } = await signInAdmin(adminSignIn, credentials, remoteAddress, 'token')
  return { access_token: text, expires_at: new Date(expiresAt).toISOString() }
}

function otpOf({ headers }: FastifyRequest): string | undefined {
  const text = headers[otpHeader.toLowerCase()]
  return typeof text === 'string' && text !== '' && text.length <= maxOtpLength ? text : undefined
}

/** RFC 7617 §2, in UTF-8. */
function basicCredentials(header: string | undefined): Credentials | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const decoded = Buffer.from(encoded, 'base64').toString()
  const colon = decoded.indexOf(':')
  if (colon < 1 || colon > maxNameLength || decoded.length - colon > maxPasswordLength) return undefined
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}
