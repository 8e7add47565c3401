import type { SecondFactor } from './second-factor.ts'

export const adminPermissions = [
  '*',
  'add_users',
  'edit_users',
  'del_users',
  'view_users',
  'view_conns',
  'close_conns',
  'view_status',
  'manage_admins',
  'quota_scans',
  'manage_system',
  'view_events',
  'manage_folders',
] as const

export type AdminPermission = (typeof adminPermissions)[number]

/** 'local' admins have a password here; 'thinger' admins are vouched for by the platform at each sign-in. */
export interface Admin {
  readonly id: number
  readonly username: string
  readonly source: 'local' | 'thinger' | 'setup-code'
  readonly status: 'active' | 'disabled'
  readonly email: string
  readonly description: string
  readonly passwordHash: string
  readonly permissions: readonly AdminPermission[]
  /** Of local admins; the platform asks for its own. Absent when none is on. */
  readonly secondFactor?: SecondFactor
  readonly createdAt: number
  readonly updatedAt: number
  readonly lastLogin: number
}

export type AdminSettings = Omit<Admin, 'id' | 'secondFactor' | 'createdAt' | 'updatedAt' | 'lastLogin'>

/** The part of an admin that admins set. */
export function adminSettingsOf(admin: Admin): AdminSettings {
  const {
    id: _id,
    secondFactor: _factor,
    createdAt: _created,
    updatedAt: _updated,
    lastLogin: _login,
    ...settings
  } = admin
  return settings
}

export function adminMay(admin: Pick<Admin, 'permissions'>, permission: AdminPermission): boolean {
  return admin.permissions.includes('*') || admin.permissions.includes(permission)
}

/** A browser that signed in, a program that signed in, a key made for scripts. */
export const adminTokenKinds = ['session', 'token', 'key'] as const
export type AdminTokenKind = (typeof adminTokenKinds)[number]

/** Whom a new token is for, as it was verified a moment ago. */
export interface TokenGrounds {
  readonly admin: Pick<Admin, 'id' | 'source' | 'passwordHash'>
  /** Hash of the token that it was asked for with, if by one. */
  readonly askedBy?: string
}

/** An admin's token, kept as a hash: what the database holds signs nobody in. */
export interface AdminToken {
  readonly id: number
  readonly kind: AdminTokenKind
  /** Of a key; '' for others. */
  readonly name: string
  readonly tokenHash: string
  readonly adminUsername: string
  readonly createdAt: number
  readonly expiresAt: number
}
