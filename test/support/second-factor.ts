import assert from 'node:assert/strict'
import { totpAt } from '../../src/core/auth/totp.ts'
import type { Product } from './product.ts'

export interface TurnedOn {
  readonly secret: string
  readonly recoveryCodes: readonly string[]
}

/** Turns a user's second factor on as the user does in the browser. */
export async function turnOnSecondFactor(
  { httpUrl }: Pick<Product, 'httpUrl'>,
  username: string,
  protocols: readonly ('SSH' | 'FTP' | 'HTTP')[],
): Promise<TurnedOn> {
  const call = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${httpUrl}/api/v2${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    const answer = (await response.json()) as Record<string, unknown>
    assert.equal(response.status, 200, JSON.stringify(answer))
    return { answer, cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
  }
  const signedIn = await call('/session/user', { username, password: `${username}-password` })
  const headers = { Cookie: signedIn.cookie, 'X-CSRF-TOKEN': String(signedIn.answer['csrf_token']) }
  const { answer: made } = await call('/user/totp/generate', {}, headers)
  const secret = String(made['secret'])
  const passcode = totpAt(secret, Date.now())
  const { answer: saved } = await call('/user/totp/save', { enabled: true, passcode, protocols }, headers)
  return { secret, recoveryCodes: saved['recovery_codes'] as string[] }
}

/** Not the code that turned it on: the one of the step after, which is taken as well. */
export function freshCode({ secret }: TurnedOn): string {
  return totpAt(secret, Date.now() + 30_000)
}

/** A code that is neither right now nor close to it. */
export function wrongCode({ secret }: TurnedOn): string {
  const near = [-2, -1, 0, 1, 2].map((steps) => totpAt(secret, Date.now() + steps * 30_000))
  return (
    ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code)) ?? ''
  )
}
