import type { MessageKey } from '../messages/message-key.ts'
import { ApiFailure } from './api.ts'
import { t } from './i18n.ts'

/** Refusals that are told in the reader's language; the server's own words follow where they say more. */
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
  'directory-not-empty': 'failure.directoryNotEmpty',
  busy: 'failure.busy',
  changing: 'failure.changing',
  unavailable: 'failure.unavailable',
  aborted: 'failure.aborted',
  'storage-failure': 'failure.storageFailure',
  'body-too-large': 'failure.bodyTooLarge',
  'http-413': 'failure.bodyTooLarge',
  'http-502': 'failure.unreachable',
}

/** What to tell the reader of anything thrown. */
export function failureText(error: unknown): string {
  if (!(error instanceof ApiFailure)) return t('failure.unknown')
  const key = known[error.code]
  if (key === undefined) return error.message === '' ? t('failure.unknown') : error.message
  const isSpecific = error.code === 'permission-denied' || error.code === 'quota-exceeded'
  return isSpecific && error.message !== '' ? `${t(key)} (${error.message})` : t(key)
}
