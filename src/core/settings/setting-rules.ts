/**
 * What can be changed while the server runs. A setting has one name everywhere: here, in the API, in the database, in
 * events. 0 means "no limit", "never" or "none" where the rule allows it.
 */
export interface LiveValues {
  /** Text that SSH clients are shown before the login. */
  readonly sftp_banner: string
  readonly ftp_tls: 'allowed' | 'control' | 'required'
  readonly max_connections: number
  /** Seconds. */
  readonly login_grace: number
  /** Seconds. */
  readonly idle_timeout: number
  readonly max_auth_tries: number
  readonly audit_retention_days: number
  readonly backup_interval_hours: number
  readonly backup_keep: number
}

export type SettingName = keyof LiveValues

/** What is set, of the settings that are. */
export type SettingOverrides = Partial<LiveValues>

/** The value, or undefined for one that the setting cannot have. */
type Rule<T> = (value: unknown) => T | undefined

const maxBannerLength = 4096

const rules: { readonly [Name in SettingName]: Rule<LiveValues[Name]> } = {
  sftp_banner: banner,
  ftp_tls: (value) => (['allowed', 'control', 'required'] as const).find((mode) => mode === value),
  max_connections: integer(0, 1_000_000),
  login_grace: integer(1, 1_000_000),
  idle_timeout: integer(0, 1_000_000),
  max_auth_tries: integer(1, 100),
  audit_retention_days: integer(1, 3650),
  backup_interval_hours: integer(0, 8760),
  backup_keep: integer(1, 1000),
}

export const settingNames = Object.keys(rules) as readonly SettingName[]

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(rules, name)
}

/** `overrides` with `name` set to `value`; undefined for a value that the setting cannot have. */
export function withSetting(
  overrides: SettingOverrides,
  name: SettingName,
  value: unknown,
): SettingOverrides | undefined {
  const known = rules[name](value)
  return known === undefined ? undefined : { ...overrides, [name]: known }
}

/** Clients print it on a terminal: lines and tabs, nothing that steers it. */
function banner(value: unknown): string | undefined {
  const isPrintable = typeof value === 'string' && !/[^\P{Cc}\t\n\r]/u.test(value) && value.isWellFormed()
  return isPrintable && value.length <= maxBannerLength ? value : undefined
}

function integer(minimum: number, maximum: number): Rule<number> {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum
      ? value
      : undefined
}
