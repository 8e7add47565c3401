import { Type } from 'typebox'
import { apiMessage } from '../../../contract/api-answer.ts'
import {
  folder,
  folderCreate,
  folderUpdate,
  type FolderResource,
  type FolderUpdate,
} from '../../../contract/folder.ts'
import { listQuery } from '../../../contract/list-query.ts'
import type { AccountService } from '../../../core/accounts/account-service.ts'
import type { Folder, FolderChange } from '../../../core/accounts/folder.ts'
import type { QuotaLedger } from '../../../core/files/quota-ledger.ts'
import { adminOf } from '../access.ts'
import type { HttpApp } from '../http-app.ts'
import { locationOf } from './location.ts'
import { toPage } from './page.ts'
import { refuseUnsupportedFields } from './unsupported-fields.ts'
import { usedQuota } from './used-quota.ts'

const tags = ['folders']
const params = Type.Object({ name: Type.String({ minLength: 1, maxLength: 255 }) })

/** Folders: list, add, read, replace, remove. Newer SFTPGo guards all of them by manage_folders. */
export function serveFolders(app: HttpApp, accounts: AccountService, quotaLedger: QuotaLedger): void {
  app.get(
    '/folders',
    {
      config: { access: ['view_users', 'manage_folders'] },
      schema: {
        tags,
        operationId: 'get_folders',
        summary: 'List folders',
        querystring: listQuery,
        response: { 200: Type.Array(folder) },
      },
    },
    async ({ query }) => {
      const found = await accounts.listFolders(toPage(query))
      return Promise.all(found.map((one) => fromFolder(one, quotaLedger)))
    },
  )

  app.post(
    '/folders',
    {
      config: { access: ['add_users', 'manage_folders'] },
      schema: {
        tags,
        operationId: 'add_folder',
        summary: 'Add a folder',
        body: folderCreate,
        response: { 201: folder },
      },
    },
    async (request, reply) => {
      refuseUnsupportedFields(request.body)
      const { name, mapped_path: mappedPath, description = '' } = request.body
      const settings = { name, mappedPath, description }
      const added = await accounts.addFolder(adminOf(request).username, settings)
      return reply
        .code(201)
        .header('Location', locationOf(request, added.name))
        .send(await fromFolder(added, quotaLedger))
    },
  )

  app.get(
    '/folders/:name',
    {
      config: { access: ['view_users', 'manage_folders'] },
      schema: {
        tags,
        operationId: 'get_folder_by_name',
        summary: 'Read a folder',
        params,
        response: { 200: folder },
      },
    },
    async (request) => fromFolder(await accounts.findFolder(request.params.name), quotaLedger),
  )

  app.put(
    '/folders/:name',
    {
      config: { access: ['edit_users', 'manage_folders'] },
      schema: {
        tags,
        operationId: 'update_folder',
        summary: 'Replace a folder and end the connections of its users',
        params,
        body: folderUpdate,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      refuseUnsupportedFields(request.body)
      await accounts.replaceFolder(adminOf(request).username, toChange(request.params.name, request.body))
      return { message: 'Folder updated' }
    },
  )

  app.delete(
    '/folders/:name',
    {
      config: { access: ['del_users', 'manage_folders'] },
      schema: {
        tags,
        operationId: 'delete_folder',
        summary: 'Remove a folder from all users; its files stay',
        params,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      await accounts.removeFolder(adminOf(request).username, request.params.name)
      return { message: 'Folder deleted' }
    },
  )
}

function toChange(name: string, body: FolderUpdate): FolderChange {
  return { name, mappedPath: body.mapped_path, description: body.description ?? '' }
}

async function fromFolder(found: Folder, quotaLedger: QuotaLedger): Promise<FolderResource> {
  const used = await usedQuota(quotaLedger, { kind: 'folder', name: found.name }, found)
  return {
    id: found.id,
    name: found.name,
    mapped_path: found.mappedPath,
    description: found.description,
    used_quota_size: used.size,
    used_quota_files: used.files,
    last_quota_update: found.lastQuotaUpdate,
    users: [...found.users],
    filesystem: { provider: 0 },
  }
}
