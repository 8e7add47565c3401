import { isAllowed, type Permission } from '../accounts/permissions.ts'
import type { User } from '../accounts/user.ts'
import { FileServerError } from '../errors.ts'
import { NameRules } from './name-rules.ts'
import { isWithin, parentOf, type VirtualPath } from './virtual-path.ts'

/** What one user may do where: permissions of the directory an entry is in, and the patterns of names. */
export class AccessRules {
  readonly #user: User
  readonly #names: NameRules

  constructor(user: User) {
    this.#user = user
    this.#names = new NameRules(user.filePatterns)
  }

  may(directory: VirtualPath, ...wanted: readonly Permission[]): boolean {
    return isAllowed(this.#user.permissions, directory, ...wanted)
  }

  isHidden(path: VirtualPath): boolean {
    return this.#names.judge(path) === 'hidden'
  }

  /** One of `wanted` must hold in `directory`. @throws 'permission-denied' */
  require(directory: VirtualPath, ...wanted: readonly Permission[]): void {
    if (!this.may(directory, ...wanted)) throw new FileServerError('permission-denied', 'Permission denied')
  }

  /** The same for the directory that `path` is in. @throws 'permission-denied' */
  requireFor(path: VirtualPath, ...wanted: readonly Permission[]): void {
    this.require(parentOf(path), ...wanted)
  }

  /** @throws 'not-found' for a hidden name, 'permission-denied' for a denied one */
  requireName(path: VirtualPath): void {
    const verdict = this.#names.judge(path)
    if (verdict === 'hidden') throw new FileServerError('not-found', 'No such file or directory')
    if (verdict === 'denied')
      throw new FileServerError('permission-denied', 'This name is not permitted here')
  }

  /**
   * A directory moves with all it holds, so every rule written for a place below it has to permit the move as well.
   * A glob may match anywhere below and counts as such a place.
   * @throws 'permission-denied'
   */
  requireBelow(directory: VirtualPath, ...wanted: readonly Permission[]): void {
    for (const [place, granted] of Object.entries(this.#user.permissions)) {
      const concerns = /[*?[]/.test(place) || (place !== '/' && isWithin(directory, place as VirtualPath))
      if (concerns && !granted.includes('*') && !wanted.some((permission) => granted.includes(permission)))
        throw new FileServerError('permission-denied', 'Permission denied for something in this directory')
    }
  }
}
