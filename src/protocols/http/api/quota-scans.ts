import { Type } from 'typebox'
import { apiMessage } from '../../../contract/api-answer.ts'
import { folderQuotaScan, quotaScan } from '../../../contract/quota-scan.ts'
import type { QuotaScanner } from '../../../core/files/quota-scanner.ts'
import type { HttpApp } from '../http-app.ts'

const tags = ['quota']
const access = ['quota_scans'] as const
const started = { message: 'Scan started' }

/** Counting anew what users and folders hold; the count runs on after the answer. */
export function serveQuotaScans(app: HttpApp, scanner: QuotaScanner): void {
  app.get(
    '/quotas/users/scans',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'get_users_quota_scans',
        summary: 'List the users that are being counted',
        response: { 200: Type.Array(quotaScan) },
      },
    },
    async () =>
      scanner
        .list('user')
        .map(({ account, startedAt }) => ({ username: account.name, start_time: startedAt })),
  )

  app.post(
    '/quotas/users/:username/scan',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'start_user_quota_scan',
        summary: 'Count what a user holds',
        params: Type.Object({ username: Type.String({ minLength: 1, maxLength: 255 }) }),
        response: { 202: apiMessage },
      },
    },
    async ({ params }, reply) => {
      await scanner.start({ kind: 'user', name: params.username })
      return reply.code(202).send(started)
    },
  )

  app.get(
    '/quotas/folders/scans',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'get_folders_quota_scans',
        summary: 'List the folders that are being counted',
        response: { 200: Type.Array(folderQuotaScan) },
      },
    },
    async () =>
      scanner.list('folder').map(({ account, startedAt }) => ({ name: account.name, start_time: startedAt })),
  )

  app.post(
    '/quotas/folders/:name/scan',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'start_folder_quota_scan',
        summary: 'Count what a folder holds',
        params: Type.Object({ name: Type.String({ minLength: 1, maxLength: 255 }) }),
        response: { 202: apiMessage },
      },
    },
    async ({ params }, reply) => {
      await scanner.start({ kind: 'folder', name: params.name })
      return reply.code(202).send(started)
    },
  )
}
