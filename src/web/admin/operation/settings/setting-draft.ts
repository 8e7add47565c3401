import type { LiveSettingsResource } from '../../../../contract/setting.ts'
import { wholeNumber } from '../whole-number.ts'

export type NumberName =
  'max_connections' | 'login_grace' | 'idle_timeout' | 'max_auth_tries' | 'audit_retention_days'

/** Limits of the API; copies, since its schemas stay on the server. */
export const numberLimits: Readonly<Record<NumberName, readonly [min: number, max: number]>> = {
  max_connections: [0, 1_000_000],
  login_grace: [1, 1_000_000],
  idle_timeout: [0, 1_000_000],
  max_auth_tries: [1, 100],
  audit_retention_days: [1, 3650],
}
export const numberNames = Object.keys(numberLimits) as readonly NumberName[]
export const maxBannerLength = 4096

/** The form's fields; numbers as they are typed. */
export interface SettingDraft extends Readonly<Record<NumberName, string>> {
  readonly sftp_banner: string
  readonly ftp_tls: LiveSettingsResource['ftp_tls']
}
export type SettingName = keyof SettingDraft

export function draftOf(current: LiveSettingsResource): SettingDraft {
  return {
    sftp_banner: current.sftp_banner,
    ftp_tls: current.ftp_tls,
    max_connections: String(current.max_connections),
    login_grace: String(current.login_grace),
    idle_timeout: String(current.idle_timeout),
    max_auth_tries: String(current.max_auth_tries),
    audit_retention_days: String(current.audit_retention_days),
  }
}

/** Numbers that are none, or beyond their limits. */
export function wrongNumbers(draft: SettingDraft): readonly NumberName[] {
  return numberNames.filter((name) => wholeNumber(draft[name], ...numberLimits[name]) === undefined)
}

/** What differs from the settings in force, as the API takes it. */
export function changesOf(draft: SettingDraft, current: LiveSettingsResource): Partial<LiveSettingsResource> {
  const before = draftOf(current)
  const numbers = numberNames
    .filter((name) => draft[name].trim() !== before[name])
    .map((name) => [name, Number(draft[name])] as const)
  return {
    ...(draft.sftp_banner === before.sftp_banner ? {} : { sftp_banner: draft.sftp_banner }),
    ...(draft.ftp_tls === before.ftp_tls ? {} : { ftp_tls: draft.ftp_tls }),
    ...Object.fromEntries(numbers),
  }
}
