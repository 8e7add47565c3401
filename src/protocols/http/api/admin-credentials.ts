import type { AdminSignIn } from '../../../core/auth/admin-sign-in.ts'
import type { IssuedToken } from '../../../core/auth/admin-tokens.ts'
import { FileServerError } from '../../../core/errors.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
  /** A code of the second factor. */
  readonly otp?: string | undefined
}

/** One sign-in for browsers and programs, with HTTP's view of a second factor. */
export async function signInAdmin(
  adminSignIn: AdminSignIn,
  { username, password, otp: code }: Credentials,
  remoteAddress: string,
  kind: 'session' | 'token',
): Promise<IssuedToken> {
  try {
    return await adminSignIn.signIn(username, password, remoteAddress, { kind, code })
  } catch (error) {
    // A second factor that cannot be asked for here: the request is right, this way in is not.
    if (error instanceof FileServerError && error.code === 'unsupported')
      throw new FileServerError('permission-denied', error.message, {
        cause: error,
        ...(error.reason && { reason: error.reason }),
      })
    throw error
  }
}
