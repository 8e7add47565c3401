import { Type, type Static } from 'typebox'
import { amount, timestamp } from './values.ts'

export const backupFile = Type.Object(
  {
    name: Type.String({ description: 'File name in the directory for backups.' }),
    size: amount('Bytes.'),
    created_at: timestamp('When it was made'),
    is_encrypted: Type.Boolean(),
    is_scheduled: Type.Boolean(),
  },
  { title: 'BackupFile' },
)
export type BackupFileResource = Static<typeof backupFile>

const passphrase = Type.String({ maxLength: 1024 })
const name = Type.String({ minLength: 1, maxLength: 255 })

export const backupRequest = Type.Object(
  { passphrase: Type.Optional(passphrase) },
  { title: 'BackupRequest' },
)
export type BackupRequest = Static<typeof backupRequest>

export const backupNameRequest = Type.Object({ name }, { title: 'BackupNameRequest' })
export type BackupNameRequest = Static<typeof backupNameRequest>

export const restoreRequest = Type.Object(
  {
    name,
    passphrase: Type.Optional(passphrase),
    remove_others: Type.Optional(
      Type.Boolean({ description: 'Also remove users, folders and admins that the backup does not hold.' }),
    ),
  },
  { title: 'RestoreRequest' },
)
export type RestoreRequest = Static<typeof restoreRequest>

/** What a restore does, or would do. */
export const restorePlan = Type.Object(
  {
    created_at: timestamp('When the backup was made'),
    changes: Type.Array(
      Type.Object({
        kind: Type.Enum(['user', 'folder', 'admin', 'setting']),
        name: Type.String(),
        change: Type.Enum(['add', 'replace', 'remove']),
        fields: Type.Array(Type.String(), { description: 'What a replacement changes.' }),
      }),
    ),
    unchanged: amount('Entries that are the same already.'),
    unusable_totp: Type.Array(Type.Object({ kind: Type.Enum(['user', 'admin']), name: Type.String() }), {
      description:
        'Accounts among the changes whose second factor was sealed with the key of another server, so that codes of the authenticator are refused here. Make the backup with a passphrase, or turn these second factors off after the restore.',
    }),
  },
  { title: 'RestorePlan' },
)
export type RestorePlan = Static<typeof restorePlan>
