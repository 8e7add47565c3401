import type { UserResource } from '../../../contract/user.ts'

export type PermissionMap = UserResource['permissions']
export type Permission = PermissionMap[string][number]

export const presets = ['full', 'upload', 'read'] as const
export type Preset = (typeof presets)[number]

/** `upload` is a drop box; setting times is part of it, because many clients do that after each upload. */
const granted: Readonly<Record<Preset, readonly Permission[]>> = {
  full: ['*'],
  upload: ['upload', 'create_dirs', 'chtimes'],
  read: ['list', 'download'],
}

export function presetPermissions(preset: Preset): PermissionMap {
  return { '/': [...granted[preset]] }
}

/** 'custom' for what no preset grants. */
export function presetOf(permissions: PermissionMap): Preset | 'custom' {
  const { '/': root = [], ...others } = permissions
  if (Object.keys(others).length > 0) return 'custom'
  return presets.find((preset) => isSame(granted[preset], root)) ?? 'custom'
}

function isSame(one: readonly Permission[], other: readonly Permission[]): boolean {
  if (one.includes('*') && other.includes('*')) return true
  return one.length === new Set(other).size && one.every((permission) => other.includes(permission))
}
