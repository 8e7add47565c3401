import { Type } from 'typebox'
import { apiMessage } from '../../../contract/api-answer.ts'
import { listQuery } from '../../../contract/list-query.ts'
import { user, userCreate, userUpdate, type UserResource } from '../../../contract/user.ts'
import type { AccountService } from '../../../core/accounts/account-service.ts'
import type { User } from '../../../core/accounts/user.ts'
import type { QuotaLedger } from '../../../core/files/quota-ledger.ts'
import { adminOf } from '../access.ts'
import type { HttpApp } from '../http-app.ts'
import { locationOf } from './location.ts'
import { toPage } from './page.ts'
import { refuseSecondFactor, refuseUnsupportedFields } from './unsupported-fields.ts'
import { usedQuota } from './used-quota.ts'
import { fromUser, toUserInput } from './user-resource.ts'

const tags = ['users']
const params = Type.Object({ username: Type.String({ minLength: 1, maxLength: 255 }) })
const replaceQuery = Type.Object({
  disconnect: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1,
      description:
        '1: end the user’s connections whatever changes; a new password, key, right or place ends them anyway.',
    }),
  ),
})

/** Users: list, add, read, replace, remove. */
export function serveUsers(app: HttpApp, accounts: AccountService, quotaLedger: QuotaLedger): void {
  app.get(
    '/users',
    {
      config: { access: ['view_users'] },
      schema: {
        tags,
        operationId: 'get_users',
        summary: 'List users',
        querystring: listQuery,
        response: { 200: Type.Array(user) },
      },
    },
    async ({ query }) => toResources(await accounts.listUsers(toPage(query)), accounts, quotaLedger),
  )

  app.post(
    '/users',
    {
      config: { access: ['add_users'] },
      schema: {
        tags,
        operationId: 'add_user',
        summary: 'Add a user',
        body: userCreate,
        response: { 201: user },
      },
    },
    async (request, reply) => {
      refuseUnsupportedFields(request.body)
      refuseSecondFactor(request.body, undefined)
      const input = toUserInput(request.body.username, request.body)
      const added = await accounts.addUser(adminOf(request).username, input)
      return reply
        .code(201)
        .header('Location', locationOf(request, added.username))
        .send(await toResource(added, accounts, quotaLedger))
    },
  )

  app.get(
    '/users/:username',
    {
      config: { access: ['view_users'] },
      schema: {
        tags,
        operationId: 'get_user_by_username',
        summary: 'Read a user',
        params,
        response: { 200: user },
      },
    },
    async ({ params: { username } }) => toResource(await accounts.findUser(username), accounts, quotaLedger),
  )

  app.put(
    '/users/:username',
    {
      config: { access: ['edit_users'] },
      schema: {
        tags,
        operationId: 'update_user',
        summary: 'Replace a user',
        params,
        querystring: replaceQuery,
        body: userUpdate,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      refuseUnsupportedFields(request.body)
      const present = await accounts.findUser(request.params.username)
      refuseSecondFactor(request.body, present)
      const input = toUserInput(present.username, request.body)
      await accounts.replaceUser(adminOf(request).username, input, {
        disconnect: request.query.disconnect === 1,
        lastUpdate: request.body.expected_updated_at || undefined,
      })
      return { message: 'User updated' }
    },
  )

  app.delete(
    '/users/:username',
    {
      config: { access: ['del_users'] },
      schema: {
        tags,
        operationId: 'delete_user',
        summary: 'Remove a user and end its connections; its files stay',
        params,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      await accounts.removeUser(adminOf(request).username, request.params.username)
      return { message: 'User deleted' }
    },
  )
}

async function toResource(
  found: User,
  accounts: AccountService,
  quotaLedger: QuotaLedger,
): Promise<UserResource> {
  const [resource] = await toResources([found], accounts, quotaLedger)
  if (!resource) throw new Error('one user makes one resource')
  return resource
}

/** Asks for the folders of all users at once. */
async function toResources(
  users: readonly User[],
  accounts: AccountService,
  quotaLedger: QuotaLedger,
): Promise<UserResource[]> {
  const names = new Set(users.flatMap(({ folders }) => folders.map(({ folderName }) => folderName)))
  const known = names.size === 0 ? [] : await accounts.findFolders([...names])
  const folders = new Map(
    await Promise.all(
      known.map(async (folder) => {
        const used = await usedQuota(quotaLedger, { kind: 'folder', name: folder.name }, folder)
        return [folder.name, { folder, used }] as const
      }),
    ),
  )
  return Promise.all(
    users.map(async (found) => {
      const used = await usedQuota(quotaLedger, { kind: 'user', name: found.username }, found)
      return fromUser(found, used, folders)
    }),
  )
}
