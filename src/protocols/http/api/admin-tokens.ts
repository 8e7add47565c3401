import { Type } from 'typebox'
import {
  adminKey,
  adminKeyRequest,
  adminToken,
  type AdminKeyResource,
  type AdminTokenResource,
} from '../../../contract/admin.ts'
import { apiMessage } from '../../../contract/api-answer.ts'
import type { AdminToken } from '../../../core/accounts/admin.ts'
import type { AdminSignIn } from '../../../core/auth/admin-sign-in.ts'
import { adminOf, adminTokenOf } from '../access.ts'
import type { HttpApp } from '../http-app.ts'

const tags = ['admins']
const access = 'any-admin'
const params = Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) })

/** The sessions, tokens and keys of the admin who asks. */
export function serveAdminTokens(app: HttpApp, adminSignIn: AdminSignIn): void {
  app.get(
    '/admin/tokens',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'get_admin_tokens',
        summary: 'List your own sessions, tokens and keys',
        response: { 200: Type.Array(adminToken) },
      },
    },
    async (request) => {
      const { admin, token: current } = await adminSignIn.identify(adminTokenOf(request))
      const tokens = await adminSignIn.tokens.list(admin.username)
      return tokens.map((token) => fromToken(token, token.id === current.id))
    },
  )

  app.post(
    '/admin/tokens',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'add_admin_key',
        summary: 'Make a key for scripts, with your own permissions; its text is shown this once',
        body: adminKeyRequest,
        response: { 201: adminKey },
      },
    },
    async (request, reply): Promise<AdminKeyResource> => {
      const by = await adminSignIn.identify(adminTokenOf(request))
      const { name, expires_at } = request.body
      const { token, record } = await adminSignIn.makeKey(by, { name, expiresAt: expires_at })
      void reply.code(201)
      return { ...fromToken(record, false), access_token: token }
    },
  )

  app.delete(
    '/admin/tokens/:id',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'delete_admin_token',
        summary: 'End one of your own sessions, tokens or keys',
        params,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      await adminSignIn.removeToken(adminOf(request).username, request.params.id)
      return { message: 'Token deleted' }
    },
  )
}

function fromToken(token: AdminToken, isCurrent: boolean): AdminTokenResource {
  return {
    id: token.id,
    kind: token.kind,
    name: token.name,
    created_at: token.createdAt,
    expires_at: token.expiresAt,
    is_current: isCurrent,
  }
}
