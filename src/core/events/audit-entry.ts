import type { AuditEntry } from './audit-record.ts'
import type { Actor, EventOf, EventType, ServerEvent } from './events.ts'

/** Longer than anything a client may use; what a refused one sent is cut. */
const maxTextLength = 4096
const maxNameLength = 255

type Facts = {
  readonly [Field in Exclude<keyof AuditEntry, 'at' | 'action'>]?: AuditEntry[Field] | undefined
} & Pick<AuditEntry, 'action'>

/** What is kept of each kind of event; undefined for what is only logged. */
const facts = {
  'session-opened': ({ actor, method }) => ({ action: 'sign-in', ...by(actor), detail: method }),
  'session-closed': ({ actor, durationMs, reason }) => ({
    action: 'session-closed',
    ...by(actor),
    durationMs,
    detail: reason,
  }),
  'sign-in-refused': ({ username, protocol, remoteAddress, code }) => ({
    action: 'sign-in-refused',
    ...{ username, protocol, remoteAddress },
    detail: code,
  }),
  'client-left': () => undefined,
  'file-uploaded': ({ actor, path, bytes, durationMs }) => ({
    action: 'upload',
    ...by(actor),
    ...{ path, bytes, durationMs },
  }),
  'upload-failed': ({ actor, path, bytes, durationMs, code }) => ({
    action: 'upload-failed',
    ...by(actor),
    ...{ path, bytes, durationMs },
    detail: code,
  }),
  'file-downloaded': ({ actor, path, bytes, durationMs }) => ({
    action: 'download',
    ...by(actor),
    ...{ path, bytes, durationMs },
  }),
  'download-failed': ({ actor, path, bytes, durationMs, code }) => ({
    action: 'download-failed',
    ...by(actor),
    ...{ path, bytes, durationMs },
    detail: code,
  }),
  'file-removed': ({ actor, path, bytes }) => ({ action: 'delete', ...by(actor), path, bytes }),
  'directory-made': ({ actor, path }) => ({ action: 'mkdir', ...by(actor), path }),
  'directory-removed': ({ actor, path }) => ({ action: 'rmdir', ...by(actor), path }),
  'entry-renamed': ({ actor, path, target }) => ({ action: 'rename', ...by(actor), path, target }),
  'file-copied': ({ actor, path, target, bytes, durationMs }) => ({
    action: 'copy',
    ...by(actor),
    ...{ path, target, bytes, durationMs },
  }),
  'attributes-set': ({ actor, path, what }) => ({
    action: 'setstat',
    ...by(actor),
    path,
    detail: what.join(', '),
  }),
  'symlink-made': ({ actor, path, target }) => ({ action: 'symlink', ...by(actor), path, target }),
  'operation-refused': ({ actor, operation, path, target, code }) => ({
    action: 'refused',
    ...by(actor),
    ...{ path, target },
    detail: `${operation}: ${code}`,
  }),
  'admin-signed-in': ({ admin, remoteAddress, source }) => ({
    action: 'admin-sign-in',
    username: admin,
    remoteAddress,
    detail: source,
  }),
  'admin-sign-in-refused': ({ admin, remoteAddress, code }) => ({
    action: 'admin-sign-in-refused',
    username: admin,
    remoteAddress,
    detail: code,
  }),
  'admin-signed-out': ({ admin, remoteAddress, kind }) => ({
    action: 'admin-sign-out',
    ...{ username: admin, remoteAddress },
    detail: kind,
  }),
  'admin-refused': ({ admin, remoteAddress, request, code }) => ({
    action: 'admin-refused',
    ...{ username: admin, remoteAddress },
    path: request,
    detail: code,
  }),
  'session-disconnected': ({ admin, remoteAddress, connectionId, username, means, key }) => ({
    action: 'disconnect',
    ...{ username: admin, remoteAddress, connectionId },
    path: `user ${username}`,
    detail: key === '' ? means : `${means} ${key}`,
  }),
  'account-changed': ({ admin, remoteAddress, subject, name, change }) => ({
    action: 'account-changed',
    ...{ username: admin, remoteAddress },
    path: `${subject} ${name}`,
    detail: change,
  }),
  'second-factor-changed': ({ admin, remoteAddress, subject, name, change }) => ({
    action: 'second-factor',
    ...{ username: admin, remoteAddress },
    path: `${subject} ${name}`,
    detail: change,
  }),
  'settings-changed': ({ admin, remoteAddress, names }) => ({
    action: 'settings-changed',
    ...{ username: admin, remoteAddress },
    detail: names.join(', '),
  }),
  'backup-made': (event) => backup(event, 'made'),
  'backup-restored': (event) => backup(event, 'restored'),
  'backup-removed': (event) => backup(event, 'removed'),
  'backup-downloaded': (event) => backup(event, 'downloaded'),
  'audit-exported': ({ admin, remoteAddress, name, format }) => ({
    action: 'export',
    ...{ username: admin, remoteAddress },
    path: name,
    detail: format,
  }),
  'quota-scanned': () => undefined,
  'certificate-loaded': () => undefined,
  'certificate-rejected': () => undefined,
} as const satisfies { readonly [T in EventType]: (event: EventOf<T>) => Facts | undefined }

/** The audit entry of an event that happened at `at`; undefined for events that are not kept. */
export function auditEntryOf(event: ServerEvent, at: number): AuditEntry | undefined {
  const kept = (facts[event.type] as (event: ServerEvent) => Facts | undefined)(event)
  return kept && toEntry(kept, at)
}

type BackupEvent = 'backup-made' | 'backup-restored' | 'backup-removed' | 'backup-downloaded'

function backup(event: EventOf<BackupEvent>, detail: string) {
  const { admin, remoteAddress, name } = event
  return { action: 'backup', username: admin, remoteAddress, path: name, detail } as const
}

function by({ username, protocol, connectionId, remoteAddress }: Actor) {
  return { username, protocol, connectionId, remoteAddress }
}

function toEntry(kept: Facts, at: number): AuditEntry {
  return {
    at,
    action: kept.action,
    username: cut(kept.username, maxNameLength),
    protocol: kept.protocol ?? '',
    connectionId: kept.connectionId ?? '',
    remoteAddress: cut(kept.remoteAddress, maxNameLength),
    path: cut(kept.path, maxTextLength),
    target: cut(kept.target, maxTextLength),
    bytes: amount(kept.bytes),
    durationMs: amount(kept.durationMs),
    detail: cut(kept.detail, maxTextLength),
  }
}

function cut(text: string | undefined, length: number): string {
  return text === undefined ? '' : text.slice(0, length)
}

/** A clock that was set back makes a negative duration. */
function amount(value: number | undefined): number {
  return value === undefined ? 0 : Math.max(0, Math.round(value))
}
