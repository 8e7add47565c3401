import type { UserLimits } from '../accounts/user-limits.ts'
import type { QuotaLimits } from './quota-ticket.ts'

/** Who knows the limits of a user as they are now. */
interface Limited {
  readonly limits: UserLimits
}

/** The user's own quota, as it is whenever it is asked for. */
export function ownQuota(limited: Limited): QuotaLimits {
  return {
    get size() {
      return limited.limits.quotaSize
    },
    get files() {
      return limited.limits.quotaFiles
    },
  }
}

/** The same of a folder that is counted apart. */
export function folderQuota(limited: Limited, name: string): QuotaLimits {
  // A session whose folder goes ends.
  const mount = () => limited.limits.folders.find(({ folderName }) => folderName === name)
  return {
    get size() {
      return mount()?.quotaSize ?? 0
    },
    get files() {
      return mount()?.quotaFiles ?? 0
    },
  }
}
