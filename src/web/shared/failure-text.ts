import type { RefusalReasonName } from '../../contract/api-answer.ts'
import type { MessageKey } from '../messages/message-key.ts'
import { ApiFailure } from './api.ts'
import { t } from './i18n.ts'

/** Failures that are told in the reader's language. */
const known: Readonly<Record<string, MessageKey>> = {
  unreachable: 'failure.unreachable',
  'access-denied': 'failure.accessDenied',
  'permission-denied': 'failure.permissionDenied',
  'too-many-attempts': 'failure.tooManyAttempts',
  'too-many-connections': 'failure.tooManyConnections',
  'quota-exceeded': 'failure.quotaExceeded',
  'no-space': 'failure.noSpace',
  'not-found': 'failure.notFound',
  'already-exists': 'failure.alreadyExists',
  'invalid-path': 'failure.invalidPath',
  'directory-not-empty': 'failure.directoryNotEmpty',
  'is-a-directory': 'failure.isDirectory',
  'not-a-directory': 'failure.notDirectory',
  unsupported: 'failure.unsupported',
  busy: 'failure.busy',
  changing: 'failure.changing',
  unavailable: 'failure.unavailable',
  aborted: 'failure.aborted',
  'storage-failure': 'failure.storageFailure',
  'body-too-large': 'failure.bodyTooLarge',
  'http-413': 'failure.bodyTooLarge',
  'http-502': 'failure.unreachable',
}

const reasons: Readonly<Record<RefusalReasonName, MessageKey>> = {
  'wrong-password': 'refusal.wrongPassword',
  'wrong-code': 'signIn.codeWrong',
  'code-missing': 'signIn.codeMissing',
  'second-factor-secret-over': 'refusal.secretOver',
  'password-too-short': 'refusal.passwordTooShort',
  'password-is-name': 'refusal.passwordIsName',
  'password-as-before': 'refusal.passwordAsBefore',
  'not-a-public-key': 'refusal.notAPublicKey',
  'name-edges': 'refusal.nameEdges',
  'name-too-long': 'refusal.nameTooLong',
  'name-reserved': 'refusal.nameReserved',
  'name-dots': 'refusal.nameDots',
  'name-character': 'refusal.nameCharacter',
  'name-spelling': 'refusal.nameSpelling',
  'path-not-absolute': 'refusal.pathNotAbsolute',
  'path-dots': 'refusal.pathDots',
  'path-too-long': 'refusal.pathTooLong',
  'path-outside': 'refusal.pathOutside',
  'path-twice': 'refusal.pathTwice',
  'folder-twice': 'refusal.folderTwice',
  'folder-unknown': 'refusal.folderUnknown',
  'wrong-passphrase': 'refusal.wrongPassphrase',
  'passphrase-missing': 'refusal.passphraseMissing',
  'backup-none': 'refusal.backupNone',
  'backup-foreign': 'refusal.backupForeign',
  'backup-newer': 'refusal.backupNewer',
  'backup-damaged': 'refusal.backupDamaged',
  'key-end': 'refusal.keyEnd',
  'too-many-keys': 'refusal.tooManyKeys',
  'end-before-beginning': 'refusal.endBeforeBeginning',
  'is-missing': 'refusal.isMissing',
  'is-too-long': 'refusal.isTooLong',
  'quota-files': 'refusal.quotaFiles',
  'quota-space': 'refusal.quotaSpace',
  'file-too-large': 'refusal.fileTooLarge',
  'name-not-permitted': 'refusal.nameNotPermitted',
  'names-differ-there': 'refusal.namesDifferThere',
  'permission-inside': 'refusal.permissionInside',
  'mounted-folder': 'refusal.mountedFolder',
  'holds-mounted-folder': 'refusal.holdsMountedFolder',
  'into-itself': 'refusal.intoItself',
  'target-is-folder': 'refusal.targetIsFolder',
  'target-is-file': 'refusal.targetIsFile',
  'setting-value': 'refusal.settingValue',
  'yourself-disabled': 'refusal.yourselfDisabled',
  'yourself-removed': 'refusal.yourselfRemoved',
  'last-manager': 'refusal.lastManager',
  'permission-not-held': 'refusal.permissionNotHeld',
  'account-not-admin': 'refusal.accountNotAdmin',
  'account-second-factor': 'refusal.accountSecondFactor',
  'backup-too-large': 'refusal.backupTooLarge',
  'restore-add-users': 'refusal.restoreAddUsers',
  'restore-edit-users': 'refusal.restoreEditUsers',
  'restore-delete-users': 'refusal.restoreDeleteUsers',
  'restore-folders': 'refusal.restoreFolders',
  'restore-admins': 'refusal.restoreAdmins',
  'factor-of-platform': 'refusal.factorOfPlatform',
  'cross-site': 'refusal.crossSite',
  'too-deep': 'refusal.tooDeep',
}

/** What to tell the reader of anything thrown. */
export function failureText(error: unknown): string {
  if (!(error instanceof ApiFailure)) return t('failure.unknown')
  const { reason } = error
  // A page that was loaded before an update may not know it.
  if (reason !== undefined && Object.hasOwn(reasons, reason)) return t(reasons[reason])
  const key = known[error.code]
  if (error.code === 'invalid-argument') return t('failure.invalid', { said: withoutField(error) })
  if (key !== undefined) return t(key)
  return error.message === '' ? t('failure.unknown') : error.message
}

/** The name of a field of the API says nothing to readers of a page. */
function withoutField({ message, field }: ApiFailure): string {
  return field !== undefined && message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message
}
