import type { User } from './user.ts'

/** What a user may use. An admin who changes it ends no session: the open ones go by it from the next write on. */
export type UserLimits = Pick<
  User,
  'quotaSize' | 'quotaFiles' | 'folders' | 'uploadBandwidth' | 'downloadBandwidth' | 'maxUploadFileSize'
>

export function limitsOf(user: User): UserLimits {
  const { quotaSize, quotaFiles, folders, uploadBandwidth, downloadBandwidth, maxUploadFileSize } = user
  return { quotaSize, quotaFiles, folders, uploadBandwidth, downloadBandwidth, maxUploadFileSize }
}
