import { FileServerError } from '../../../core/errors.ts'

/**
 * Fields of SFTPGo that promise a protection or a meaning this version does not give. Whoever sets one would rely
 * on it, so it is refused; every other unknown field is ignored.
 */
const unsupportedFields = [
  'groups',
  'role',
  'uid',
  'gid',
  'upload_data_transfer',
  'download_data_transfer',
  'total_data_transfer',
  'filesystem.provider',
  'virtual_folders.subpath',
  'virtual_folders.filesystem.provider',
  'filters.allowed_ip',
  'filters.denied_ip',
  'filters.two_factor_protocols',
  'filters.is_anonymous',
  'filters.tls_username',
  'filters.tls_certs',
  'filters.access_time',
  'filters.bandwidth_limits',
  'filters.data_transfer_limits',
  'filters.require_password_change',
  'filters.password_expiration',
  'filters.password_strength',
  'filters.web_client',
  'filters.default_shares_expiration',
  'filters.max_shares_expiration',
] as const

/** @throws FileServerError 'invalid-argument' when one of the fields has a value that means something */
export function refuseUnsupportedFields(body: unknown): void {
  for (const field of unsupportedFields)
    if (valuesAt(body, field.split('.')).some(hasMeaning))
      throw new FileServerError('invalid-argument', `${field}: not supported by this version`, { field })
}

/**
 * Only its owner can turn a second factor on: a body that has it on for an account without one would promise a protection
 * that is not there. What a GET has answered can be sent back; it changes nothing.
 * @throws FileServerError 'invalid-argument'
 */
export function refuseSecondFactor(
  body: unknown,
  present: { readonly secondFactor?: unknown } | undefined,
): void {
  const field = 'filters.totp_config.enabled'
  if (!valuesAt(body, field.split('.')).some(hasMeaning) || present?.secondFactor !== undefined) return
  throw new FileServerError('invalid-argument', `${field}: only its owner can turn a second factor on`, {
    field,
  })
}

function valuesAt(value: unknown, [name, ...rest]: readonly string[]): unknown[] {
  if (Array.isArray(value))
    return value.flatMap((item) => valuesAt(item, name === undefined ? [] : [name, ...rest]))
  if (name === undefined) return [value]
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return []
  const child: unknown = Reflect.get(value, name)
  return rest.length === 0 ? [child] : valuesAt(child, rest)
}

/** False for what an empty form sends: nothing, 0, '', false, [], {} and the 'None' of tls_username. */
function hasMeaning(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return ![undefined, null, 0, '', false, 'None'].includes(value as never)
}
