import type { Log, LogFields } from '../log.ts'
import type { Actor, EventType, ServerEvent } from './events.ts'

/** Constant messages, so that a log can be searched; everything that varies is a field. */
const messages = {
  'session-opened': 'session opened',
  'session-closed': 'session closed',
  'sign-in-refused': 'sign-in refused',
  'client-left': 'client left without a sign-in',
  'file-uploaded': 'file uploaded',
  'upload-failed': 'upload failed',
  'file-downloaded': 'file downloaded',
  'download-failed': 'download failed',
  'file-removed': 'file removed',
  'directory-made': 'directory made',
  'directory-removed': 'directory removed',
  'entry-renamed': 'entry renamed',
  'file-copied': 'file copied',
  'attributes-set': 'attributes set',
  'symlink-made': 'symlink made',
  'operation-refused': 'operation refused',
  'admin-signed-in': 'admin signed in',
  'admin-sign-in-refused': 'admin sign-in refused',
  'admin-signed-out': 'admin signed out',
  'admin-refused': 'admin refused',
  'session-disconnected': 'session disconnected',
  'account-changed': 'account changed',
  'second-factor-changed': 'second factor changed',
  'settings-changed': 'settings changed',
  'backup-made': 'backup made',
  'backup-restored': 'backup restored',
  'backup-removed': 'backup removed',
  'backup-downloaded': 'backup downloaded',
  'audit-exported': 'audit log exported',
  'quota-scanned': 'quota scanned',
  'certificate-loaded': 'certificate loaded',
  'certificate-rejected': 'certificate rejected',
} as const satisfies Record<EventType, string>

/** What an operator should look at. */
const warnings: ReadonlySet<EventType> = new Set(['certificate-rejected'])
/** What anybody can make happen as often as they like, and looks of no use to an operator. */
const details: ReadonlySet<EventType> = new Set(['client-left'])

/** Writes one line for everything that happens. */
export function logEvents(log: Log): (event: ServerEvent) => void {
  return (event) => {
    const { type, ...rest } = event
    const fields = flatten(rest)
    if (warnings.has(type)) log.warn(fields, messages[type])
    else if (details.has(type)) log.debug(fields, messages[type])
    else log.info(fields, messages[type])
  }
}

/** The actor's fields stand beside the others, under the same names in every line. */
function flatten(fields: { actor?: Actor } & Record<string, unknown>): LogFields {
  const { actor, ...rest } = fields
  return { ...actor, ...rest }
}
