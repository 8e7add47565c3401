import type { QuotaUsage } from '../accounts/user.ts'
import type { QuotaLimits } from './quota-ticket.ts'
import type { Space } from './storage.ts'

/** Room for a user: the disk's, or what is left of the quota where that is less. */
export function limitSpace(disk: Space, limits: QuotaLimits, used: QuotaUsage): Space {
  const leftBytes = limits.size > 0 ? Math.max(0, limits.size - used.size) : Infinity
  const leftFiles = limits.files > 0 ? Math.max(0, limits.files - used.files) : Infinity
  return {
    blockSize: disk.blockSize,
    totalBytes: limits.size > 0 ? Math.min(disk.totalBytes, limits.size) : disk.totalBytes,
    freeBytes: Math.min(disk.freeBytes, leftBytes),
    availableBytes: Math.min(disk.availableBytes, leftBytes),
    totalFiles: limits.files > 0 ? limits.files : disk.totalFiles,
    freeFiles: Math.min(disk.freeFiles, leftFiles),
  }
}
