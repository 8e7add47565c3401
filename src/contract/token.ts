import { Type, type Static } from 'typebox'
import { otp } from './session.ts'

/** For places where no Authorization header of our own can be sent. */
export const tokenRequest = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 255 }),
    password: Type.String({
      maxLength: 8192,
      description: 'A password, or an access token of the Thinger.io account.',
    }),
    otp,
  },
  { title: 'TokenRequest' },
)
export type TokenRequest = Static<typeof tokenRequest>

export const token = Type.Object(
  {
    access_token: Type.String(),
    expires_at: Type.String({ format: 'date-time', description: 'RFC 3339.' }),
  },
  { title: 'Token' },
)
export type Token = Static<typeof token>
