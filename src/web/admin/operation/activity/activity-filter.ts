import type { AuditActionName, AuditFilterResource } from '../../../../contract/audit.ts'

/** What is looked for; empty or 0 does not narrow the search. */
export interface ActivityFilter {
  readonly username: string
  readonly protocol: string
  readonly actions: readonly AuditActionName[]
  readonly path: string
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
}

export const noFilter: ActivityFilter = { username: '', protocol: '', actions: [], path: '', from: 0, to: 0 }

/** Which kinds stand together in the menu; all of them, see the contract's auditActions. */
export const actionGroups = {
  access: ['sign-in', 'sign-in-refused', 'session-closed'],
  transfers: ['upload', 'upload-failed', 'download', 'download-failed'],
  files: ['delete', 'mkdir', 'rmdir', 'rename', 'copy', 'setstat', 'symlink', 'refused'],
  administration: [
    'admin-sign-in',
    'admin-sign-in-refused',
    'admin-sign-out',
    'admin-refused',
    'disconnect',
    'account-changed',
    'second-factor',
    'settings-changed',
    'backup',
    'export',
  ],
} as const satisfies Readonly<Record<string, readonly AuditActionName[]>>

export const allActions: readonly AuditActionName[] = Object.values(actionGroups).flat()

/** A filter as it stands behind '#', so that it survives a reload and can be kept as a bookmark. */
export function printFilter(filter: ActivityFilter): string {
  const texts = {
    user: filter.username,
    protocol: filter.protocol,
    actions: filter.actions.join(','),
    path: filter.path,
    from: filter.from === 0 ? '' : String(filter.from),
    to: filter.to === 0 ? '' : String(filter.to),
  }
  return new URLSearchParams(Object.entries(texts).filter(([, text]) => text !== '')).toString()
}

/** What is not known is left out: bookmarks may be old. */
export function parseFilter(detail: string): ActivityFilter {
  const texts = new URLSearchParams(detail)
  const text = (name: string) => texts.get(name) ?? ''
  const chosen = text('actions').split(',')
  return {
    username: text('user'),
    protocol: text('protocol'),
    actions: allActions.filter((action) => chosen.includes(action)),
    path: text('path'),
    from: timeOf(text('from')),
    to: timeOf(text('to')),
  }
}

/** The filter as the API takes it. */
export function toRequest(filter: ActivityFilter): AuditFilterResource {
  return {
    ...(filter.username === '' ? {} : { username: filter.username }),
    ...(filter.protocol === '' ? {} : { protocol: filter.protocol }),
    ...(filter.actions.length === 0 ? {} : { actions: [...filter.actions] }),
    ...(filter.path === '' ? {} : { path: filter.path }),
    ...(filter.from === 0 ? {} : { from: filter.from }),
    ...(filter.to === 0 ? {} : { to: filter.to }),
  }
}

/** Milliseconds since the epoch → what a field for date and time holds, in the reader's zone. */
export function toLocalTime(at: number): string {
  if (at === 0) return ''
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`
}

/** The reverse; 0 for a field that is empty or half filled, as a year of one digit is. */
export function fromLocalTime(text: string): number {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? new Date(text).getTime() : 0
  return Number.isNaN(at) || at < 0 ? 0 : at
}

function timeOf(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}
