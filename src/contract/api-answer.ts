import { Type, type Static } from 'typebox'

/** Beside `message`, which is English: for pages that have words of their own. */
export const refusalReason = Type.Enum(
  [
    'wrong-password',
    'wrong-code',
    'code-missing',
    'second-factor-secret-over',
    'password-too-short',
    'password-is-name',
    'password-as-before',
    'not-a-public-key',
    'name-edges',
    'name-too-long',
    'name-reserved',
    'name-dots',
    'name-character',
    'name-spelling',
    'path-not-absolute',
    'path-dots',
    'path-too-long',
    'path-outside',
    'path-twice',
    'folder-twice',
    'folder-unknown',
    'wrong-passphrase',
    'passphrase-missing',
    'backup-none',
    'backup-foreign',
    'backup-newer',
    'backup-damaged',
    'key-end',
    'too-many-keys',
    'end-before-beginning',
    'is-missing',
    'is-too-long',
    'quota-files',
    'quota-space',
    'file-too-large',
    'name-not-permitted',
    'names-differ-there',
    'permission-inside',
    'mounted-folder',
    'holds-mounted-folder',
    'into-itself',
    'target-is-folder',
    'target-is-file',
    'setting-value',
    'yourself-disabled',
    'yourself-removed',
    'last-manager',
    'permission-not-held',
    'account-not-admin',
    'account-second-factor',
    'backup-too-large',
    'restore-add-users',
    'restore-edit-users',
    'restore-delete-users',
    'restore-folders',
    'restore-admins',
    'factor-of-platform',
    'cross-site',
    'too-deep',
  ],
  { title: 'RefusalReason', description: 'Why it was refused; more are added over time.' },
)
export type RefusalReasonName = Static<typeof refusalReason>

/** Every error, and the answer of what returns no object. */
export const apiError = Type.Object(
  {
    message: Type.String({ description: 'For people.' }),
    error: Type.String({ description: 'One word for programs, e.g. `invalid-argument`.' }),
    field: Type.Optional(
      Type.String({ description: 'The input that was refused, e.g. `filters.file_patterns`.' }),
    ),
    reason: Type.Optional(refusalReason),
  },
  { title: 'ApiError' },
)
export type ApiError = Static<typeof apiError>

export const apiMessage = Type.Object({ message: Type.String() }, { title: 'ApiMessage' })
export type ApiMessage = Static<typeof apiMessage>
