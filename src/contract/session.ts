import { Type, type Static } from 'typebox'
import { timestamp } from './values.ts'

/** Header with the token that every change by a cookie session has to carry. */
export const csrfHeader = 'X-CSRF-TOKEN'

export const adminPermission = Type.Enum(
  [
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
  ],
  { title: 'AdminPermission' },
)
export type AdminPermissionName = Static<typeof adminPermission>

/** A code of the second factor: of the authenticator, or a recovery code. */
export const otp = Type.Optional(
  Type.String({ maxLength: 64, description: 'Asked for by the error `second-factor-needed`.' }),
)

export const signInRequest = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 255 }),
    password: Type.String({ maxLength: 8192 }),
    otp,
  },
  { title: 'SignInRequest' },
)
export type SignInRequest = Static<typeof signInRequest>

const csrfToken = Type.String({ description: `To be sent in ${csrfHeader} with every change.` })

export const adminSession = Type.Object(
  {
    username: Type.String(),
    source: Type.Enum(['local', 'thinger', 'setup-code'], { description: 'Who vouches for the admin.' }),
    permissions: Type.Array(adminPermission),
    csrf_token: csrfToken,
    expires_at: timestamp('When the session ends unless it is used'),
  },
  { title: 'AdminSession' },
)
export type AdminSession = Static<typeof adminSession>

/** Answered to everybody: what the sign-in page of the WebAdmin has to know. */
export const adminSessionState = Type.Object(
  {
    session: Type.Optional(adminSession),
    has_users: Type.Boolean({ description: 'False until the first user is made.' }),
    ways: Type.Object({
      thinger: Type.Boolean({ description: 'Accounts of the Thinger.io platform can sign in.' }),
      setup_code: Type.Boolean({ description: 'A setup code in the log waits to be used.' }),
    }),
  },
  { title: 'AdminSessionState' },
)
export type AdminSessionState = Static<typeof adminSessionState>

export const userSession = Type.Object(
  {
    username: Type.String(),
    csrf_token: csrfToken,
    connection_id: Type.String({ description: 'Which of the user’s connections this one is.' }),
    start_directory: Type.String({ description: 'Where to begin, a virtual path.' }),
    idle_timeout_ms: Type.Integer({
      description: 'Milliseconds without a request after which the session ends.',
    }),
  },
  { title: 'UserSession' },
)
export type UserSession = Static<typeof userSession>

export const userSessionState = Type.Object(
  { session: Type.Optional(userSession) },
  { title: 'UserSessionState' },
)
export type UserSessionState = Static<typeof userSessionState>
