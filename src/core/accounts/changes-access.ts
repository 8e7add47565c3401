import { canonical } from '../canonical-text.ts'
import { isCountedInHome } from './counted-places.ts'
import type { User, UserSettings } from './user.ts'

/** What open sessions may not go on without. Protocols that are denied end those of the protocol alone. */
const accessFields = [
  'status',
  'expirationDate',
  'passwordHash',
  'publicKeys',
  'homeDir',
  'permissions',
  'filePatterns',
  'deniedLoginMethods',
  'ftpSecurity',
] as const satisfies readonly (keyof UserSettings)[]

/** True when a session of `before` must not be one of `after`. */
export function changesAccess(before: User, after: User): boolean {
  return (
    accessFields.some((field) => canonical(before[field]) !== canonical(after[field])) ||
    canonical(placesOf(before)) !== canonical(placesOf(after))
  )
}

/** How much may be in a folder is a limit, and no place. */
function placesOf({ folders }: User) {
  return folders.map((mount) => {
    const { folderName, virtualPath } = mount
    return { folderName, virtualPath, isInHome: isCountedInHome(mount) }
  })
}
