import { isCountedInHome, isHomeCovered } from '../accounts/counted-places.ts'
import type { FolderRepository, QuotaAccount, UserRepository } from '../accounts/repositories.ts'
import { FileServerError } from '../errors.ts'

/** Directories that an account is counted in. A user's own space is the home and the folders that are counted in it. @throws 'not-found' */
export async function countedDirectories(
  { kind, name }: QuotaAccount,
  { users, folders: repository }: { readonly users: UserRepository; readonly folders: FolderRepository },
): Promise<string[]> {
  if (kind === 'folder') {
    const folder = await repository.find(name)
    if (!folder) throw new FileServerError('not-found', 'No such folder')
    return [folder.mappedPath]
  }
  const user = await users.find(name)
  if (!user) throw new FileServerError('not-found', 'No such user')
  const included = user.folders.filter(isCountedInHome)
  const folders = await repository.findAll(included.map((mount) => mount.folderName))
  const home = isHomeCovered(user) ? [] : [user.homeDir]
  return withoutNested([...home, ...folders.map((folder) => folder.mappedPath)])
}

/** A directory inside another one is counted with that one. */
function withoutNested(directories: readonly string[]): string[] {
  const distinct = [...new Set(directories)]
  return distinct.filter(
    (directory) => !distinct.some((other) => other !== directory && directory.startsWith(`${other}/`)),
  )
}
