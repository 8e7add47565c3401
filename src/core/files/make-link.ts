import { FileServerError } from '../errors.ts'
import type { AccessRules } from './access-rules.ts'
import type { MountTable } from './mounts.ts'
import { parentOf, parseVirtualPath, type VirtualPath } from './virtual-path.ts'

/**
 * `target` as the client wrote it: relative to the link's directory, or absolute. Needs 'create_symlinks' on both.
 * Rights go by the path that is asked for, and a link is one more path to what it leads to, wherever it is moved. So
 * whoever has rules that differ within a storage, be it another one, makes no links. Answers where the link leads.
 * @throws 'permission-denied' 'unsupported' and what Storage throws
 */
export async function makeLink(
  target: string,
  link: VirtualPath,
  access: AccessRules,
  mounts: MountTable,
): Promise<VirtualPath> {
  const targetPath = parseVirtualPath(target, parentOf(link))
  for (const path of [link, targetPath]) {
    access.requireName(path)
    access.requireFor(path, 'create_symlinks')
  }
  mounts.refuseChange(link)
  const [from, to] = [mounts.locate(link), mounts.locate(targetPath)]
  if (from.mount !== to.mount) throw new FileServerError('unsupported', 'A link cannot leave its storage')
  if (access.canLinksEvade((place) => mounts.isMountPoint(place)))
    throw new FileServerError('permission-denied', 'Links are not permitted where rules differ by directory')
  await from.mount.storage.symlink(to.key, from.key)
  return targetPath
}
