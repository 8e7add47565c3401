import { Type, type Static } from 'typebox'
import { amount, timestamp } from './values.ts'

export const auditActions = [
  'sign-in',
  'sign-in-refused',
  'session-closed',
  'upload',
  'upload-failed',
  'download',
  'download-failed',
  'delete',
  'mkdir',
  'rmdir',
  'rename',
  'copy',
  'setstat',
  'symlink',
  'refused',
  'admin-sign-in',
  'admin-sign-in-refused',
  'admin-sign-out',
  'admin-refused',
  'disconnect',
  'account-changed',
  'second-factor',
  'settings-changed',
  'backup',
  'export',
] as const

export const auditAction = Type.Enum([...auditActions], { title: 'AuditAction' })
export type AuditActionName = Static<typeof auditAction>

/** One thing that happened. What does not apply is empty or 0. */
export const auditRecord = Type.Object(
  {
    id: Type.Integer({ format: 'int64' }),
    at: timestamp('When'),
    action: auditAction,
    username: Type.String({ description: 'User, or admin for what admins do.' }),
    protocol: Type.String({ description: 'SFTP, SCP, SSH, FTP or HTTP; empty for what admins do.' }),
    connection_id: Type.String({
      description: 'Of the session; of the one that was ended for a disconnect.',
    }),
    remote_address: Type.String(),
    path: Type.String({
      description:
        'Virtual path; for changes of accounts and disconnects their kind and name; for what an admin was refused the request; for backups and exports the file.',
    }),
    target: Type.String({ description: 'New path of a rename or copy, target of a link.' }),
    bytes: amount('Bytes moved, or removed.'),
    duration_ms: amount('Milliseconds.'),
    detail: Type.String({
      description:
        'Error code, login method, kind of change, reason; for a disconnect whether it was asked with a session, token or key, or for an own session.',
    }),
  },
  { title: 'AuditRecord' },
)
export type AuditRecordResource = Static<typeof auditRecord>

const auditFilterFields = {
  username: Type.Optional(Type.String({ maxLength: 255, description: 'Exactly this name.' })),
  protocol: Type.Optional(Type.String({ maxLength: 10 })),
  actions: Type.Optional(Type.Array(auditAction, { maxItems: 50 })),
  path: Type.Optional(
    Type.String({ maxLength: 4096, description: 'Path or target holds this text, ignoring case.' }),
  ),
  from: Type.Optional(timestamp('Not before')),
  to: Type.Optional(timestamp('Before')),
}
export const auditFilter = Type.Object(auditFilterFields, { title: 'AuditFilter' })
export type AuditFilterResource = Static<typeof auditFilter>

export const auditSearch = Type.Object(
  {
    ...auditFilterFields,
    before_id: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Only older ones: the `id` the last page ended with.' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: '100 unless told.' })),
  },
  { title: 'AuditSearch' },
)
export type AuditSearch = Static<typeof auditSearch>

export const auditPage = Type.Object(
  { records: Type.Array(auditRecord, { description: 'The newest first.' }), has_more: Type.Boolean() },
  { title: 'AuditPage' },
)
export type AuditPage = Static<typeof auditPage>

export const auditExportRequest = Type.Object(
  { ...auditFilterFields, format: Type.Enum(['csv', 'json']) },
  { title: 'AuditExportRequest' },
)
export type AuditExportRequest = Static<typeof auditExportRequest>
