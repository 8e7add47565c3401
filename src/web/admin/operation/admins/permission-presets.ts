import type { AdminPermissionName } from '../../../../contract/session.ts'

/** All that can be given one by one; '*' stands for all, also for those of later versions. A copy of the contract's. */
export const singlePermissions = [
  'view_users',
  'add_users',
  'edit_users',
  'del_users',
  'quota_scans',
  'manage_folders',
  'view_conns',
  'close_conns',
  'view_events',
  'view_status',
  'manage_admins',
  'manage_system',
] as const satisfies readonly AdminPermissionName[]

export const presets = {
  everything: ['*'],
  users: ['view_users', 'add_users', 'edit_users', 'del_users', 'quota_scans', 'manage_folders'],
  look: ['view_users', 'view_conns', 'view_events', 'view_status'],
} as const satisfies Readonly<Record<string, readonly AdminPermissionName[]>>

export type Preset = keyof typeof presets | 'own'

/** The preset that gives exactly these permissions. */
export function presetOf(permissions: readonly AdminPermissionName[]): Preset {
  const names = Object.keys(presets) as (keyof typeof presets)[]
  const isSame = (name: keyof typeof presets) =>
    new Set([...presets[name], ...permissions]).size === presets[name].length &&
    presets[name].length === new Set(permissions).size
  return permissions.includes('*') ? 'everything' : (names.find(isSame) ?? 'own')
}

/** With one given or taken, in the order of the list. */
export function withPermission(
  permissions: readonly AdminPermissionName[],
  changed: AdminPermissionName,
  isGiven: boolean,
): readonly AdminPermissionName[] {
  if (changed === '*') return isGiven ? ['*'] : [...singlePermissions]
  return singlePermissions.filter((one) => (one === changed ? isGiven : permissions.includes(one)))
}

/** Nobody can give what they do not have. */
export function canGive(
  held: readonly AdminPermissionName[],
  wanted: readonly AdminPermissionName[],
): boolean {
  return held.includes('*') || wanted.every((one) => held.includes(one))
}
