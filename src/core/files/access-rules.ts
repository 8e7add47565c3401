import { isAllowed, isGlob, type Permission } from '../accounts/permissions.ts'
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

  /** False when isHidden() is false for every path. */
  get mayHide(): boolean {
    return this.#user.filePatterns.length > 0
  }

  isHidden(path: VirtualPath): boolean {
    return this.#names.judge(path) === 'hidden'
  }

  /** Shown, and refused when it is used. */
  isDenied(path: VirtualPath): boolean {
    return this.#names.judge(path) === 'denied'
  }

  /**
   * True when a link could lead around a rule, at the latest after it was moved, also to another storage: when something
   * but the roots of storages (`isRoot`) has rights of its own, or names are not judged alike everywhere. A glob may
   * match anywhere and always counts.
   */
  canLinksEvade(isRoot: (place: VirtualPath) => boolean): boolean {
    const places = Object.keys(this.#user.permissions)
    return (
      places.some((place) => isGlob(place) || !isRoot(place as VirtualPath)) || !this.#names.areJudgedAlike
    )
  }

  /** One of `wanted` must hold in `directory`. @throws 'permission-denied' */
  require(directory: VirtualPath, ...wanted: readonly Permission[]): void {
    if (!this.may(directory, ...wanted)) throw new FileServerError('permission-denied', 'Permission denied')
  }

  /** The same for the directory that `path` is in. @throws 'permission-denied' */
  requireFor(path: VirtualPath, ...wanted: readonly Permission[]): void {
    this.require(parentOf(path), ...wanted)
  }

  /** For looking at an entry: names that are shown may be denied. @throws 'not-found' for a hidden name */
  requireVisible(path: VirtualPath): void {
    if (this.isHidden(path)) throw new FileServerError('not-found', 'No such file or directory')
  }

  /** @throws 'not-found' for a hidden name, 'permission-denied' for a denied one */
  requireName(path: VirtualPath): void {
    const verdict = this.#names.judge(path)
    if (verdict === 'hidden') throw new FileServerError('not-found', 'No such file or directory')
    if (verdict === 'denied')
      throw new FileServerError('permission-denied', 'This name is not permitted here', {
        reason: 'name-not-permitted',
      })
  }

  /**
   * A directory moves with all it holds, so every rule written for a place below it has to permit the move as well,
   * and no name in it may come under other patterns. A glob may match anywhere below and counts as such a place.
   * @throws 'permission-denied'
   */
  requireMove(from: VirtualPath, to: VirtualPath, ...wanted: readonly Permission[]): void {
    for (const [place, granted] of Object.entries(this.#user.permissions)) {
      const isBelow = (path: VirtualPath) => place !== '/' && isWithin(path, place as VirtualPath)
      const isConcerned = isGlob(place) || isBelow(from) || isBelow(to)
      if (isConcerned && !granted.includes('*') && !wanted.some((permission) => granted.includes(permission)))
        throw new FileServerError('permission-denied', 'Permission denied for something in this directory', {
          reason: 'permission-inside',
        })
    }
    if (!this.#names.movesUnchanged(from, to))
      throw new FileServerError('permission-denied', 'Other names are permitted there', {
        reason: 'names-differ-there',
      })
  }
}
