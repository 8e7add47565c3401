import { Type, type Static } from 'typebox'
import { amount, timestamp } from './values.ts'

/** A user as the user sees it. */
export const profile = Type.Object(
  {
    username: Type.String(),
    email: Type.String(),
    description: Type.String(),
    has_password: Type.Boolean(),
    public_keys: Type.Array(Type.String()),
    expiration_date: timestamp('When the account ends'),
    quota_size: amount('Bytes, 0 = no limit.'),
    quota_files: amount('Number of files, 0 = no limit.'),
    used_quota_size: amount('Bytes.'),
    used_quota_files: amount('Number of files.'),
    last_password_change: timestamp('When the password was last set'),
  },
  { title: 'Profile' },
)
export type Profile = Static<typeof profile>

export const changePasswordRequest = Type.Object(
  {
    current_password: Type.String({ maxLength: 1024 }),
    new_password: Type.String({ minLength: 8, maxLength: 1024 }),
  },
  { title: 'ChangePasswordRequest' },
)
export type ChangePasswordRequest = Static<typeof changePasswordRequest>

export const publicKeysRequest = Type.Object(
  {
    public_keys: Type.Array(Type.String({ maxLength: 16_384 }), {
      maxItems: 100,
      description: 'Lines of authorized_keys; they replace the present ones.',
    }),
    expected_public_keys: Type.Optional(
      Type.Array(Type.String({ maxLength: 16_384 }), {
        description:
          'The keys as they were read: if they are others by now, the answer is 409 and nothing is changed.',
      }),
    ),
  },
  { title: 'PublicKeysRequest' },
)
export type PublicKeysRequest = Static<typeof publicKeysRequest>
