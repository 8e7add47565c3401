import type { AdminDirectory } from '../core/auth/admin-directory.ts'
import { FileServerError, hasCode } from '../core/errors.ts'
import { readTokenUser } from './access-token.ts'
import type { PasswordGrant } from './password-grant.ts'
import type { ThingerClient } from './thinger-client.ts'

const maxCredentialLength = 4096

/**
 * Admins sign in with their Thinger.io account: its password, or one of its access tokens in place of the password.
 * The platform decides with the admin's own token who may manage this plugin. Nothing of it is kept.
 */
export class ThingerAdminDirectory implements AdminDirectory {
  readonly #client: ThingerClient

  constructor(client: ThingerClient) {
    this.#client = client
  }

  async verify(username: string, password: string): Promise<{ username: string }> {
    if (username === '' || password === '' || username.length + password.length > maxCredentialLength)
      throw denied()
    // A token never goes to the password check, where it would count as a failed attempt. Pasting adds white space.
    const pasted = password.trim()
    const token = readTokenUser(pasted) === undefined ? await this.#grant(username, password) : pasted
    const admin = readTokenUser(token)
    if (admin === undefined) throw unreadableToken()
    await this.#authorize(token)
    return { username: admin }
  }

  async #grant(username: string, password: string): Promise<string> {
    const grant = await this.#client.passwordGrant(username, password)
    if (grant.outcome === 'granted') return grant.accessToken
    throw refusal(grant.outcome)
  }

  async #authorize(token: string): Promise<void> {
    try {
      await this.#client.readPluginInfo(token)
    } catch (error) {
      if (hasCode(error, 'access-denied')) throw denied(error)
      if (hasCode(error, 'permission-denied') || hasCode(error, 'not-found')) throw notForThisPlugin(error)
      if (hasCode(error, 'too-many-attempts')) throw refusal('limited', error)
      throw new FileServerError(
        'unavailable',
        'The Thinger.io platform cannot check this account right now',
        {
          cause: error,
        },
      )
    }
  }
}

function refusal(outcome: Exclude<PasswordGrant['outcome'], 'granted'>, cause?: unknown): FileServerError {
  switch (outcome) {
    case 'wrong':
      return denied(cause)
    case 'limited':
      return new FileServerError(
        'too-many-attempts',
        'Thinger.io limits sign-ins of this account; try again later',
        {
          cause,
        },
      )
    case 'second-factor':
      return new FileServerError(
        'unsupported',
        'This account needs a second factor: sign in with an access token of the account as the password, ' +
          'or with the setup code from the log of the plugin',
        { reason: 'account-second-factor' },
      )
  }
}

function denied(cause?: unknown): FileServerError {
  return new FileServerError('access-denied', 'Wrong user name or password', { cause })
}

function notForThisPlugin(cause: unknown): FileServerError {
  return new FileServerError('permission-denied', 'This account may not manage this plugin', {
    cause,
    reason: 'account-not-admin',
  })
}

function unreadableToken(): FileServerError {
  return new FileServerError('unavailable', 'The token that the Thinger.io platform issued names no user')
}
