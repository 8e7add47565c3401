import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { apiMessage } from '../../../contract/api-answer.ts'
import { connectInfo, type ConnectInfo } from '../../../contract/connect.ts'
import { connection } from '../../../contract/connection.ts'
import { changePasswordRequest, profile, publicKeysRequest } from '../../../contract/profile.ts'
import type { ProfileService, Self } from '../../../core/accounts/profile-service.ts'
import type { ConnectionStatus } from '../../../core/connections/connection.ts'
import type { ConnectionRegistry } from '../../../core/connections/connection-registry.ts'
import type { Disconnects } from '../../../core/connections/disconnects.ts'
import type { QuotaLedger } from '../../../core/files/quota-ledger.ts'
import { webSessionOf } from '../access.ts'
import { fromConnection } from '../api/connections.ts'
import { usedQuota } from '../api/used-quota.ts'
import type { HttpApp } from '../http-app.ts'

const tags = ['profile']

export interface ProfileRouteParts {
  readonly profiles: ProfileService
  readonly connections: ConnectionRegistry
  readonly disconnects: Disconnects
  readonly quotaLedger: QuotaLedger
  readonly connectInfo: () => Promise<ConnectInfo>
}

/** What users see of themselves, and what they may change. */
export function serveProfile(app: HttpApp, parts: ProfileRouteParts): void {
  serveAccount(app, parts)
  serveOwnConnections(app, parts)

  app.get(
    '/user/connect',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'get_user_connect_info',
        summary: 'What a client for SFTP or FTP needs to know',
        response: { 200: connectInfo },
      },
    },
    () => parts.connectInfo(),
  )
}

function serveAccount(app: HttpApp, { profiles, quotaLedger }: ProfileRouteParts): void {
  app.get(
    '/user/profile',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'get_user_profile',
        summary: 'Read one’s own account',
        response: { 200: profile },
      },
    },
    async (request) => {
      const user = await profiles.find(webSessionOf(request).username)
      const used = await usedQuota(quotaLedger, { kind: 'user', name: user.username }, user)
      return {
        username: user.username,
        email: user.email,
        description: user.description,
        has_password: user.passwordHash !== '',
        public_keys: [...user.publicKeys],
        expiration_date: user.expirationDate,
        quota_size: user.quotaSize,
        quota_files: user.quotaFiles,
        used_quota_size: used.size,
        used_quota_files: used.files,
        last_password_change: user.lastPasswordChange,
      }
    },
  )

  app.post(
    '/user/password',
    {
      config: { access: 'user', expense: 'credential' },
      schema: {
        tags,
        operationId: 'change_user_password',
        summary: 'Change one’s own password',
        body: changePasswordRequest,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      const { current_password: current, new_password: next } = request.body
      await profiles.changePassword(selfOf(request), { current, next })
      return { message: 'Password changed' }
    },
  )

  app.put(
    '/user/keys',
    {
      config: { access: 'user' },
      bodyLimit: 2 * 1024 * 1024,
      schema: {
        tags,
        operationId: 'change_user_keys',
        summary: 'Replace one’s own public keys',
        body: publicKeysRequest,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      const { public_keys: lines, expected_public_keys: expected } = request.body
      await profiles.changePublicKeys(selfOf(request), lines, expected)
      return { message: 'Public keys changed' }
    },
  )
}

function serveOwnConnections(
  app: HttpApp,
  { connections, disconnects }: Pick<ProfileRouteParts, 'connections' | 'disconnects'>,
): void {
  const own = (statuses: readonly ConnectionStatus[], username: string) =>
    statuses.filter((status) => status.username === username)

  app.get(
    '/user/connections',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'get_user_connections',
        summary: 'List one’s own connections',
        response: { 200: Type.Array(connection) },
      },
    },
    async (request) => own(await connections.current(), webSessionOf(request).username).map(fromConnection),
  )

  app.delete(
    '/user/connections/:id',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'close_user_connection',
        summary: 'End one of one’s own connections',
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 255 }) }),
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      disconnects.byUser(webSessionOf(request).username, request.params.id)
      return { message: 'Connection closed' }
    },
  )
}

function selfOf(request: FastifyRequest): Self {
  const { username, session } = webSessionOf(request)
  return { username, connectionId: session.id }
}
