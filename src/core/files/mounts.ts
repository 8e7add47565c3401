import type { QuotaAccount } from '../accounts/repositories.ts'
import { FileServerError } from '../errors.ts'
import type { QuotaLimits } from './quota-ticket.ts'
import type { Entry, Storage, StorageKey } from './storage.ts'
import { isWithin, parentOf, segmentsOf, type VirtualPath } from './virtual-path.ts'

/** A storage seen at a virtual path, and whose quota its files count in. */
export interface Mount {
  readonly virtualPath: VirtualPath
  readonly storage: Storage
  /** Identifies the storage across sessions, e.g. its directory on the server. */
  readonly storageId: string
  readonly account: QuotaAccount
  readonly limits: QuotaLimits
}

export interface Location {
  readonly mount: Mount
  readonly key: StorageKey
}

/** The same for everybody who gets to the same name of a storage by the same way. */
export function keyOfLocation({ mount, key }: Location): string {
  return `${mount.storageId}\0${key.join('/')}`
}

/** Where an entry lies on the server, comparable across mounts. */
export function placeOf({ mount, key }: Location): string {
  return [mount.storageId, ...key].join('/')
}

/** Which storage a path of one user lies in: the deepest mount wins. */
export class MountTable {
  /** Deepest first. */
  readonly #mounts: readonly Mount[]

  /** One of `mounts` is at '/'. */
  constructor(mounts: readonly Mount[]) {
    this.#mounts = [...mounts].sort(
      (a, b) => segmentsOf(b.virtualPath).length - segmentsOf(a.virtualPath).length,
    )
    if (!this.#mounts.some((mount) => mount.virtualPath === '/')) throw new Error('no mount at the root')
  }

  locate(path: VirtualPath): Location {
    for (const mount of this.#mounts)
      if (isWithin(mount.virtualPath, path))
        return { mount, key: segmentsOf(path).slice(segmentsOf(mount.virtualPath).length) }
    throw new Error('unreachable: a mount at the root holds every path')
  }

  /** The virtual path of a key in a mount. */
  pathOf(mount: Mount, key: StorageKey): VirtualPath {
    return `/${[...segmentsOf(mount.virtualPath), ...key].join('/')}` as VirtualPath
  }

  isMountPoint(path: VirtualPath): boolean {
    return this.#mounts.some((mount) => mount.virtualPath === path)
  }

  /** True when a mount lies at or below `path`. */
  holdsMount(path: VirtualPath): boolean {
    return this.#mounts.some((mount) => isWithin(path, mount.virtualPath))
  }

  /**
   * For what moves, removes or takes a name.
   * @throws 'permission-denied' for a mount itself, 'unsupported' for a directory that holds one
   */
  refuseChange(path: VirtualPath): void {
    if (path === '/' || this.isMountPoint(path))
      throw new FileServerError('permission-denied', 'A mounted folder cannot be moved or removed', {
        reason: 'mounted-folder',
      })
    if (this.holdsMount(path))
      throw new FileServerError('unsupported', 'The directory contains a mounted folder', {
        reason: 'holds-mounted-folder',
      })
  }

  /** Names directly below `directory` that exist because a mount is there or deeper. */
  childrenOf(directory: VirtualPath): string[] {
    const depth = segmentsOf(directory).length
    const names = this.#mounts
      .filter((mount) => mount.virtualPath !== directory && isWithin(directory, mount.virtualPath))
      .map((mount) => segmentsOf(mount.virtualPath)[depth])
    return [...new Set(names.filter((name) => name !== undefined))]
  }

  /** True for a directory that no storage holds but that leads to a mount. */
  isWayToMount(path: VirtualPath): boolean {
    return this.#mounts.some(
      (mount) => mount.virtualPath !== '/' && isWithin(path, parentOf(mount.virtualPath)),
    )
  }
}

/** How a directory looks that exists only as the way to a mount. */
export function virtualDirectory(name: string): Entry {
  return { name, type: 'directory', size: 0, mode: 0o755, modifiedAt: 0, accessedAt: 0, links: 1 }
}
