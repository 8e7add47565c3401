import type { FolderResource } from '../../../contract/folder.ts'
import type { StorageResource } from '../../../contract/storage.ts'
import type { UserCreate, UserResource, UserUpdate } from '../../../contract/user.ts'
import { ApiFailure, callApi } from '../../shared/api.ts'
import { planFolders } from './mount-folders.ts'
import { pathOf } from './place.ts'
import { toUserUpdate, type UserDraft } from './user-draft.ts'

const pageSize = 500

export function addressOfUser(username: string): string {
  return `users/${encodeURIComponent(username)}`
}

export function readUser(username: string, signal?: AbortSignal): Promise<UserResource> {
  return callApi('GET', addressOfUser(username), signal === undefined ? {} : { signal })
}

/** @throws ApiFailure that names `username` as the field when it is taken */
export async function addUser(user: UserCreate): Promise<UserResource> {
  try {
    return await callApi('POST', 'users', { body: user })
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.code !== 'already-exists') throw error
    throw new ApiFailure(error.status, { message: error.message, error: error.code, field: 'username' })
  }
}

export async function replaceUser(username: string, user: UserUpdate, disconnects = false): Promise<void> {
  await callApi('PUT', `${addressOfUser(username)}${disconnects ? '?disconnect=1' : ''}`, { body: user })
}

/** Everything about a user that PUT replaces, unchanged. */
export function unchanged(user: UserResource): UserUpdate {
  const { username: _name, has_password: _password, ...rest } = user
  return {
    ...rest,
    virtual_folders: user.virtual_folders.map(({ name, virtual_path, quota_size, quota_files }) => ({
      ...{ name, virtual_path, quota_size, quota_files },
    })),
  }
}

export interface SaveOptions {
  readonly storages: readonly StorageResource[]
  /** The user as it was; a new one without. */
  readonly before: UserResource | undefined
  readonly disconnects: boolean
}

/** Makes the folders that are missing, then the user. */
export async function saveUser(
  draft: UserDraft,
  { storages, before, disconnects }: SaveOptions,
): Promise<void> {
  const folders = await mountedFolders(draft, storages)
  const update = toUserUpdate(draft, storages, folders, before)
  if (before) await replaceUser(before.username, update, disconnects)
  else await addUser({ username: draft.username.trim(), ...update })
}

async function mountedFolders(draft: UserDraft, storages: readonly StorageResource[]): Promise<string[]> {
  const wished = draft.mounts.filter(({ folder }) => folder === '')
  if (wished.length === 0) return draft.mounts.map(({ folder }) => folder)
  const wishes = wished.map(({ place }) => ({ place, path: pathOf(place, storages) }))
  const plans = planFolders(wishes, await readAllFolders())
  for (const plan of plans)
    if (plan.kind === 'new')
      await callApi('POST', 'folders', { body: { name: plan.name, mapped_path: plan.path } })
  const names = plans.map(({ name }) => name).values()
  return draft.mounts.map(({ folder }) => (folder === '' ? (names.next().value ?? '') : folder))
}

async function readAllFolders(): Promise<readonly FolderResource[]> {
  const all: FolderResource[] = []
  for (;;) {
    const page = await callApi<FolderResource[]>('GET', `folders?limit=${pageSize}&offset=${all.length}`)
    all.push(...page)
    if (page.length < pageSize) return all
  }
}
