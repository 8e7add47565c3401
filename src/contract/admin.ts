import { Type, type Static } from 'typebox'
import { factorFilters } from './second-factor.ts'
import { adminPermission } from './session.ts'
import { lastUpdate, text, timestamp } from './values.ts'

const fields = {
  status: Type.Integer({ minimum: 0, maximum: 1, description: '1: active, 0: disabled.' }),
  email: Type.String({ maxLength: 255, pattern: '^$|^[^\\s@]+@[^\\s@]+$' }),
  description: text('Free text.'),
  permissions: Type.Array(adminPermission, { minItems: 1, maxItems: 50 }),
}

export const adminUpdate = Type.Object(
  {
    status: Type.Optional(fields.status),
    email: Type.Optional(fields.email),
    description: Type.Optional(fields.description),
    permissions: fields.permissions,
    password: Type.Optional(
      Type.String({
        maxLength: 1024,
        description: 'For local admins, at least 8 characters. Left out: stays.',
      }),
    ),
    expected_updated_at: Type.Optional(lastUpdate),
  },
  { title: 'AdminUpdate' },
)
export type AdminUpdate = Static<typeof adminUpdate>

const { expected_updated_at: _lastUpdate, ...settings } = adminUpdate.properties
/** Admins that are added here are local: they have a password of this server's. */
export const adminCreate = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 255 }),
    ...settings,
    password: Type.String({ minLength: 8, maxLength: 1024 }),
  },
  { title: 'AdminCreate' },
)
export type AdminCreate = Static<typeof adminCreate>

export const admin = Type.Object(
  {
    id: Type.Integer({ format: 'int64' }),
    username: Type.String(),
    source: Type.Enum(['local', 'thinger', 'setup-code']),
    ...fields,
    filters: Type.Object(factorFilters, { title: 'AdminFilters' }),
    created_at: timestamp('When it was made'),
    updated_at: timestamp('When it was last changed'),
    last_login: timestamp('When it last signed in'),
  },
  { title: 'Admin' },
)
export type AdminResource = Static<typeof admin>

/** A token of the admin who asks: a signed-in browser, a program that signed in, or a key made for scripts. */
export const adminToken = Type.Object(
  {
    id: Type.Integer({ format: 'int64' }),
    kind: Type.Enum(['session', 'token', 'key']),
    name: Type.String({ description: 'Of a key.' }),
    created_at: timestamp('When it was made'),
    expires_at: timestamp('When it ends'),
    is_current: Type.Boolean({ description: 'The one this request was made with.' }),
  },
  { title: 'AdminToken' },
)
export type AdminTokenResource = Static<typeof adminToken>

export const adminKeyRequest = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 255 }),
    expires_at: timestamp('When it ends; a year from now at most'),
  },
  { title: 'AdminKeyRequest' },
)
export type AdminKeyRequest = Static<typeof adminKeyRequest>

export const adminKey = Type.Object(
  {
    ...adminToken.properties,
    access_token: Type.String({ description: 'The key itself, shown this once.' }),
  },
  { title: 'AdminKey' },
)
export type AdminKeyResource = Static<typeof adminKey>
