import { Type, type Static } from 'typebox'
import { amount, text, timestamp } from './values.ts'

/** Only the local file system is there; the field is kept for clients that send it back. */
export const filesystem = Type.Object(
  { provider: Type.Integer({ minimum: 0, maximum: 6, description: '0: local. Others are refused.' }) },
  { title: 'FilesystemConfig' },
)

const mappedPath = Type.String({ maxLength: 4096, description: 'Directory of the server, absolute.' })

export const folderUpdate = Type.Object(
  {
    mapped_path: Type.Optional(mappedPath),
    description: Type.Optional(text('Free text.')),
    filesystem: Type.Optional(filesystem),
  },
  {
    title: 'FolderUpdate',
    description: 'What is left out takes its default; `mapped_path` stays as it is.',
  },
)
export type FolderUpdate = Static<typeof folderUpdate>

export const folderCreate = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 255 }),
    ...folderUpdate.properties,
    mapped_path: mappedPath,
  },
  { title: 'FolderCreate' },
)
export type FolderCreate = Static<typeof folderCreate>

const usage = {
  used_quota_size: amount('Bytes.'),
  used_quota_files: amount('Number of files.'),
  last_quota_update: timestamp('When the counters last changed'),
}

/** A directory that users can have mounted. */
export const folder = Type.Object(
  {
    id: Type.Integer({ format: 'int64' }),
    name: Type.String(),
    mapped_path: mappedPath,
    description: Type.String(),
    ...usage,
    users: Type.Array(Type.String(), { description: 'Who has it mounted.' }),
    filesystem,
  },
  { title: 'Folder' },
)
export type FolderResource = Static<typeof folder>

const mountQuota = {
  quota_size: Type.Integer({
    minimum: -1,
    maximum: Number.MAX_SAFE_INTEGER,
    format: 'int64',
    description: 'Bytes; 0 no limit, -1 counted in the user’s own quota.',
  }),
  quota_files: Type.Integer({
    minimum: -1,
    maximum: Number.MAX_SAFE_INTEGER,
    format: 'int64',
    description: 'Files; 0 no limit, -1 counted in the user’s own quota.',
  }),
}

/** A folder as a user has it mounted. */
export const folderMountInput = Type.Object(
  {
    name: Type.String({ maxLength: 255, description: 'A folder that exists.' }),
    virtual_path: Type.String({ maxLength: 4096, description: 'Absolute path at which the user sees it.' }),
    quota_size: Type.Optional(mountQuota.quota_size),
    quota_files: Type.Optional(mountQuota.quota_files),
  },
  { title: 'VirtualFolderInput' },
)
export type FolderMountInput = Static<typeof folderMountInput>

export const folderMount = Type.Object(
  {
    id: Type.Integer({ format: 'int64' }),
    name: Type.String(),
    mapped_path: mappedPath,
    description: Type.String(),
    ...usage,
    filesystem,
    virtual_path: Type.String(),
    ...mountQuota,
  },
  { title: 'VirtualFolder' },
)
export type FolderMountResource = Static<typeof folderMount>
