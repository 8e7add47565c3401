import { Type } from 'typebox'
import {
  admin,
  adminCreate,
  adminUpdate,
  type AdminResource,
  type AdminUpdate,
} from '../../../contract/admin.ts'
import { apiMessage } from '../../../contract/api-answer.ts'
import { listQuery } from '../../../contract/list-query.ts'
import { changePasswordRequest } from '../../../contract/profile.ts'
import type { AdminInput, AdminService } from '../../../core/accounts/admin-service.ts'
import type { Admin } from '../../../core/accounts/admin.ts'
import type { AdminSignIn } from '../../../core/auth/admin-sign-in.ts'
import { adminTokenOf } from '../access.ts'
import type { HttpApp } from '../http-app.ts'
import { locationOf } from './location.ts'
import { toPage } from './page.ts'
import { fromSecondFactor } from './second-factor-resource.ts'
import { refuseSecondFactor } from './unsupported-fields.ts'

const tags = ['admins']
const access = ['manage_admins'] as const
const params = Type.Object({ username: Type.String({ minLength: 1, maxLength: 255 }) })

/** Admins: list, add, read, replace, remove; and everybody's own password. */
export function serveAdmins(app: HttpApp, admins: AdminService, adminSignIn: AdminSignIn): void {
  app.get(
    '/admins',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'get_admins',
        summary: 'List admins',
        querystring: listQuery,
        response: { 200: Type.Array(admin) },
      },
    },
    async ({ query }) => (await admins.list(toPage(query))).map(fromAdmin),
  )

  app.post(
    '/admins',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'add_admin',
        summary: 'Add a local admin',
        body: adminCreate,
        response: { 201: admin },
      },
    },
    async (request, reply) => {
      const { username, password } = request.body
      refuseSecondFactor(request.body, undefined)
      const by = await adminSignIn.identify(adminTokenOf(request))
      const added = await admins.add(by, { ...toInput(username, request.body), password })
      return reply.code(201).header('Location', locationOf(request, added.username)).send(fromAdmin(added))
    },
  )

  app.get(
    '/admins/:username',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'get_admin_by_username',
        summary: 'Read an admin',
        params,
        response: { 200: admin },
      },
    },
    async (request) => fromAdmin(await admins.find(request.params.username)),
  )

  app.put(
    '/admins/:username',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'update_admin',
        summary: 'Replace an admin',
        params,
        body: adminUpdate,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      const present = await admins.find(request.params.username)
      refuseSecondFactor(request.body, present)
      const by = await adminSignIn.identify(adminTokenOf(request))
      const lastUpdate = request.body.expected_updated_at || undefined
      await admins.replace(by, toInput(present.username, request.body), lastUpdate)
      return { message: 'Admin updated' }
    },
  )

  app.delete(
    '/admins/:username',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'delete_admin',
        summary: 'Remove an admin and end its sessions and keys',
        params,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      await admins.remove(await adminSignIn.identify(adminTokenOf(request)), request.params.username)
      return { message: 'Admin deleted' }
    },
  )

  app.put(
    '/admin/changepwd',
    {
      config: { access: 'any-admin', expense: 'credential' },
      schema: {
        tags,
        operationId: 'change_admin_password',
        summary: 'Change the own password of a local admin; ends its other sessions and its keys',
        body: changePasswordRequest,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      const by = await adminSignIn.identify(adminTokenOf(request))
      await admins.changePassword(by, request.body.current_password, request.body.new_password)
      return { message: 'Password updated' }
    },
  )
}

function toInput(username: string, body: AdminUpdate): AdminInput {
  return {
    username,
    status: body.status === undefined ? undefined : body.status === 1 ? 'active' : 'disabled',
    email: body.email ?? '',
    description: body.description ?? '',
    permissions: [...new Set(body.permissions)],
    password: body.password,
  }
}

function fromAdmin(found: Admin): AdminResource {
  return {
    id: found.id,
    username: found.username,
    source: found.source,
    status: found.status === 'active' ? 1 : 0,
    email: found.email,
    description: found.description,
    permissions: [...found.permissions],
    filters: fromSecondFactor(found.secondFactor),
    created_at: found.createdAt,
    updated_at: found.updatedAt,
    last_login: found.lastLogin,
  }
}
