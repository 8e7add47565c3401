import { Type, type Static } from 'typebox'
import { amount, timestamp } from './values.ts'

/** The most bytes of a file that one answer or one request carries. */
export const maxPieceBytes = 4 * 1024 * 1024
/** The largest file that the text editor saves, in bytes of UTF-8. */
export const maxTextBytes = 512 * 1024

export const virtualPath = Type.String({
  minLength: 1,
  maxLength: 4096,
  description: 'Absolute virtual path. Always in a body: the platform refuses addresses with `..` in them.',
})

/** What the user may do with the entries of one directory; as the server will judge. */
export const directoryRights = Type.Object(
  {
    list: Type.Boolean(),
    download: Type.Boolean(),
    upload: Type.Boolean(),
    overwrite: Type.Boolean(),
    create_dirs: Type.Boolean(),
    rename_files: Type.Boolean(),
    rename_dirs: Type.Boolean(),
    delete_files: Type.Boolean(),
    delete_dirs: Type.Boolean(),
    copy: Type.Boolean(),
  },
  { title: 'DirectoryRights' },
)
export type DirectoryRights = Static<typeof directoryRights>

export const fileEntry = Type.Object(
  {
    name: Type.String(),
    type: Type.Enum(['file', 'directory', 'symlink', 'other']),
    size: amount('Bytes.'),
    modified: Type.Integer({
      minimum: -Number.MAX_SAFE_INTEGER,
      maximum: Number.MAX_SAFE_INTEGER,
      format: 'int64',
      description: 'When the content last changed (ms since the epoch, negative before 1970).',
    }),
    fixed: Type.Optional(
      Type.Literal(true, {
        description: 'A mounted folder, or the way to one: not moved, renamed or removed.',
      }),
    ),
    denied: Type.Optional(
      Type.Literal(true, { description: 'Shown, but the name patterns of the user refuse its use.' }),
    ),
  },
  { title: 'FileEntry' },
)
export type FileEntry = Static<typeof fileEntry>

export const listDirectoryRequest = Type.Object(
  {
    path: virtualPath,
    cursor: Type.Optional(
      Type.String({ maxLength: 64, description: 'Of the answer before; without it the listing begins.' }),
    ),
  },
  { title: 'ListDirectoryRequest' },
)
export type ListDirectoryRequest = Static<typeof listDirectoryRequest>

export const directoryPage = Type.Object(
  {
    entries: Type.Array(fileEntry, { description: 'In no order.' }),
    cursor: Type.Optional(Type.String({ description: 'Absent at the end.' })),
    rights: directoryRights,
  },
  { title: 'DirectoryPage' },
)
export type DirectoryPage = Static<typeof directoryPage>

export const pathRequest = Type.Object({ path: virtualPath }, { title: 'PathRequest' })
export type PathRequest = Static<typeof pathRequest>

export const renameRequest = Type.Object(
  { path: virtualPath, target: virtualPath, overwrite: Type.Optional(Type.Boolean()) },
  { title: 'RenameRequest' },
)
export type RenameRequest = Static<typeof renameRequest>

/** `etag` changes whenever the file does. */
export const fileStat = Type.Object({ ...fileEntry.properties, etag: Type.String() }, { title: 'FileStat' })
export type FileStat = Static<typeof fileStat>

export const readRequest = Type.Object(
  {
    path: virtualPath,
    offset: amount('Bytes from the beginning.'),
    length: Type.Integer({ minimum: 0, maximum: maxPieceBytes, description: 'Bytes wanted.' }),
  },
  { title: 'ReadRequest' },
)
export type ReadRequest = Static<typeof readRequest>

export const saveTextRequest = Type.Object(
  {
    path: virtualPath,
    text: Type.String(),
    etag: Type.Optional(
      Type.String({
        maxLength: 255,
        description: 'Refused (`busy`) when the file is no longer this one; absent: a new file.',
      }),
    ),
  },
  { title: 'SaveTextRequest' },
)
export type SaveTextRequest = Static<typeof saveTextRequest>

export const downloadRequest = Type.Object(
  {
    paths: Type.Array(virtualPath, { minItems: 1, maxItems: 10_000 }),
    archive: Type.Optional(Type.Boolean({ description: 'Send a ZIP even for one file.' })),
  },
  { title: 'DownloadRequest' },
)
export type DownloadRequest = Static<typeof downloadRequest>

/** A link that is good for the session that asked for it, and for a while. */
export const downloadTicket = Type.Object(
  {
    url: Type.String({ description: 'Relative to the base path of the plugin.' }),
    name: Type.String({ description: 'What the file will be called.' }),
    size: Type.Optional(amount('Bytes; absent for an archive.')),
  },
  { title: 'DownloadTicket' },
)
export type DownloadTicket = Static<typeof downloadTicket>

/** An upload that has begun and not ended, kept for its owner. tus works with it at `user/uploads/{id}`. */
export const unfinishedUpload = Type.Object(
  {
    id: Type.String(),
    path: virtualPath,
    size: amount('Bytes in all.'),
    offset: amount('Bytes that have arrived.'),
    expires_at: timestamp('When it is given up unless more arrives'),
  },
  { title: 'UnfinishedUpload' },
)
export type UnfinishedUpload = Static<typeof unfinishedUpload>
