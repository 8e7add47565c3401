import type { Readable } from 'node:stream'
import { Type } from 'typebox'
import { apiMessage } from '../../../contract/api-answer.ts'
import {
  backupFile,
  backupNameRequest,
  backupRequest,
  restorePlan,
  restoreRequest,
  type BackupFileResource,
  type RestorePlan as RestorePlanResource,
  type RestoreRequest,
} from '../../../contract/backup.ts'
import { downloadTicket } from '../../../contract/file.ts'
import type {
  BackupEntry,
  BackupService,
  RestoreInput,
  RestorePlan,
} from '../../../core/backups/backup-service.ts'
import { adminOf } from '../access.ts'
import type { HttpApp } from '../http-app.ts'
import { type Authenticating, cutWhenRefused } from './long-answers.ts'
import { ShortLinks } from './short-links.ts'

const tags = ['backups']
const access = ['manage_system'] as const

/** Backups of all accounts and settings: list, make, look into, restore, remove, take away. */
export function serveBackups(app: HttpApp, backups: BackupService, adminSignIn: Authenticating): void {
  serveBackupFiles(app, backups)
  serveRestores(app, backups)
  serveBackupLinks(app, backups, adminSignIn)
}

function serveBackupFiles(app: HttpApp, backups: BackupService): void {
  app.get(
    '/backups',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'get_backups',
        summary: 'List the backups, the newest first',
        response: { 200: Type.Array(backupFile) },
      },
    },
    async () => (await backups.list()).map(fromBackup),
  )

  app.post(
    '/backups',
    {
      config: { access, expense: 'backup' },
      schema: {
        tags,
        operationId: 'add_backup',
        summary: 'Back up users, folders, admins and settings; files are not part of it',
        body: backupRequest,
        response: { 201: backupFile },
      },
    },
    async (request, reply) => {
      const { passphrase = '' } = request.body
      const made = await backups.make(adminOf(request).username, { passphrase })
      return reply.code(201).send(fromBackup(made))
    },
  )

  app.post(
    '/backups/remove',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'delete_backup',
        summary: 'Remove a backup',
        body: backupNameRequest,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      await backups.remove(adminOf(request).username, request.body.name)
      return { message: 'Backup deleted' }
    },
  )
}

function serveRestores(app: HttpApp, backups: BackupService): void {
  app.post(
    '/backups/plan',
    {
      config: { access, expense: 'backup' },
      schema: {
        tags,
        operationId: 'plan_restore',
        summary: 'Tell what restoring a backup would change',
        body: restoreRequest,
        response: { 200: restorePlan },
      },
    },
    async (request) => fromPlan(await backups.plan(adminOf(request).username, toInput(request.body))),
  )

  app.post(
    '/backups/restore',
    {
      config: { access, expense: 'backup' },
      schema: {
        tags,
        operationId: 'restore_backup',
        summary: 'Restore a backup, all of it or nothing; users that change are disconnected',
        body: restoreRequest,
        response: { 200: restorePlan },
      },
    },
    async (request) => fromPlan(await backups.restore(adminOf(request).username, toInput(request.body))),
  )
}

function serveBackupLinks(app: HttpApp, backups: BackupService, adminSignIn: Authenticating): void {
  const links = new ShortLinks<string>()

  app.post(
    '/backups/links',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'create_backup_link',
        summary: 'Get a link, good for five minutes, to download a backup',
        body: backupNameRequest,
        response: { 200: downloadTicket },
      },
    },
    async (request) => {
      const { name } = request.body
      const { size, stream } = await backups.open(name)
      stream.destroy()
      const id = links.add(adminOf(request).username, name)
      return { url: `api/v2/backups/links/${id}`, name, size }
    },
  )

  app.get(
    '/backups/links/:id',
    {
      config: { access },
      exposeHeadRoute: false,
      schema: {
        tags,
        operationId: 'get_backup',
        summary: 'Download a backup',
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }),
        produces: ['application/octet-stream'],
        response: { 200: Type.Unsafe<Readable>(Type.String({ description: 'The file.' })) },
      },
    },
    async (request, reply) => {
      const { username } = adminOf(request)
      const name = links.find(username, request.params.id)
      const { size, stream } = await backups.download(username, name)
      return reply
        .type('application/octet-stream')
        .header('Content-Length', size)
        .header('Content-Disposition', `attachment; filename="${name}"`)
        .send(cutWhenRefused(stream, request, adminSignIn, 'manage_system'))
    },
  )
}

function toInput({ name, passphrase = '', remove_others = false }: RestoreRequest): RestoreInput {
  return { name, passphrase, removeOthers: remove_others }
}

function fromBackup({ name, size, createdAt, isEncrypted, isScheduled }: BackupEntry): BackupFileResource {
  return { name, size, created_at: createdAt, is_encrypted: isEncrypted, is_scheduled: isScheduled }
}

function fromPlan({ createdAt, changes, unchanged, unusableFactors }: RestorePlan): RestorePlanResource {
  return {
    created_at: createdAt,
    changes: changes.map(({ kind, name, change, fields }) => ({ kind, name, change, fields: [...fields] })),
    unchanged,
    unusable_totp: unusableFactors.map(({ kind, name }) => ({ kind, name })),
  }
}
