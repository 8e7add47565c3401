import type { UserSettings } from '../../src/core/accounts/user.ts'
import { rootPath } from '../../src/core/files/virtual-path.ts'

/** An account that may do everything and has no limits. */
export function unlimitedUser(
  account: Pick<UserSettings, 'username' | 'homeDir' | 'passwordHash'>,
): UserSettings {
  return {
    ...account,
    status: 'active',
    email: '',
    description: '',
    additionalInfo: '',
    expirationDate: 0,
    publicKeys: [],
    folders: [],
    maxSessions: 0,
    quotaSize: 0,
    quotaFiles: 0,
    permissions: { '/': ['*'] },
    uploadBandwidth: 0,
    downloadBandwidth: 0,
    deniedLoginMethods: [],
    deniedProtocols: [],
    filePatterns: [],
    maxUploadFileSize: 0,
    startDirectory: rootPath,
    ftpSecurity: 'any',
  }
}
