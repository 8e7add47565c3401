import type { AuditActionName } from '../../../../contract/audit.ts'
import type { MessageKey } from '../../../messages/message-key.ts'
import type { IconName } from '../../../shared/components/icon.tsx'
import { endReasonKey } from '../end-reason.ts'

interface ActionLook {
  readonly label: MessageKey
  readonly icon: IconName
  readonly isFailure?: true
}

/** How each kind of action is named and drawn. */
export const actionLooks: Readonly<Record<AuditActionName, ActionLook>> = {
  'sign-in': { label: 'activity.action.signIn', icon: 'user' },
  'sign-in-refused': { label: 'activity.action.signInRefused', icon: 'cancel', isFailure: true },
  'session-closed': { label: 'activity.action.sessionClosed', icon: 'signOut' },
  upload: { label: 'activity.action.upload', icon: 'upload' },
  'upload-failed': { label: 'activity.action.uploadFailed', icon: 'upload', isFailure: true },
  download: { label: 'activity.action.download', icon: 'download' },
  'download-failed': { label: 'activity.action.downloadFailed', icon: 'download', isFailure: true },
  delete: { label: 'activity.action.delete', icon: 'delete' },
  mkdir: { label: 'activity.action.mkdir', icon: 'folderAdd' },
  rmdir: { label: 'activity.action.rmdir', icon: 'delete' },
  rename: { label: 'activity.action.rename', icon: 'rename' },
  copy: { label: 'activity.action.copy', icon: 'copy' },
  setstat: { label: 'activity.action.setstat', icon: 'edit' },
  symlink: { label: 'activity.action.symlink', icon: 'link' },
  refused: { label: 'activity.action.refused', icon: 'cancel', isFailure: true },
  'admin-sign-in': { label: 'activity.action.adminSignIn', icon: 'shield' },
  'admin-sign-in-refused': { label: 'activity.action.adminSignInRefused', icon: 'cancel', isFailure: true },
  'admin-sign-out': { label: 'activity.action.adminSignOut', icon: 'signOut' },
  'admin-refused': { label: 'activity.action.adminRefused', icon: 'cancel', isFailure: true },
  disconnect: { label: 'activity.action.disconnect', icon: 'cancel' },
  'account-changed': { label: 'activity.action.accountChanged', icon: 'users' },
  'second-factor': { label: 'activity.action.secondFactor', icon: 'key' },
  'settings-changed': { label: 'activity.action.settingsChanged', icon: 'settings' },
  backup: { label: 'activity.action.backup', icon: 'backup' },
  export: { label: 'activity.action.export', icon: 'download' },
}

/** Words of the server that stand in `detail`, in the reader's language. */
const words: Readonly<Record<string, MessageKey>> = {
  'access-denied': 'activity.word.accessDenied',
  aborted: 'activity.word.aborted',
  'already-exists': 'activity.word.alreadyExists',
  busy: 'activity.word.busy',
  'directory-not-empty': 'activity.word.notEmpty',
  'no-space': 'activity.word.noSpace',
  'not-found': 'activity.word.notFound',
  'not-resumable': 'activity.word.notResumable',
  'permission-denied': 'activity.word.permissionDenied',
  'quota-exceeded': 'activity.word.quotaExceeded',
  'storage-failure': 'activity.word.storageFailure',
  'too-many-attempts': 'activity.word.tooManyAttempts',
  'too-many-connections': 'activity.word.tooManyConnections',
  unavailable: 'activity.word.unavailable',
  password: 'activity.word.password',
  publickey: 'activity.word.publicKey',
  added: 'activity.word.added',
  replaced: 'activity.word.replaced',
  removed: 'activity.word.removed',
  made: 'activity.word.made',
  downloaded: 'activity.word.downloaded',
  own: 'activity.word.own',
  session: 'activity.word.session',
  token: 'activity.word.token',
  restored: 'activity.word.restored',
  on: 'activity.word.on',
  off: 'activity.word.off',
  reset: 'activity.word.reset',
  protocols: 'activity.word.protocols',
  'recovery-codes-made': 'activity.word.recoveryCodesMade',
  'recovery-code-used': 'activity.word.recoveryCodeUsed',
}

/** Name of the text for a detail; undefined for one that is shown as it came. */
export function detailKey(detail: string): MessageKey | undefined {
  return Object.hasOwn(words, detail) ? words[detail] : endReasonKey(detail)
}

/** 'rename: permission-denied' → its two parts; the first is '' where there is one alone. */
export function partsOfDetail(detail: string): readonly [operation: string, detail: string] {
  const [, operation = '', rest = detail] = /^([a-z-]+): ([a-z-]+)$/.exec(detail) ?? []
  return [operation, rest]
}
