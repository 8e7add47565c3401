import assert from 'node:assert/strict'
import type { Product } from '../support/product.ts'

export const jsonHeaders = { 'Content-Type': 'application/json' } as const

/** Signs a user or an admin in with a browser; answers the headers that its requests carry. */
export async function signInBrowser(
  { httpUrl }: Pick<Product, 'httpUrl'>,
  username: string,
  { as = 'user', password = `${username}-password` }: { as?: 'user' | 'admin'; password?: string } = {},
): Promise<Record<string, string>> {
  const response = await fetch(`${httpUrl}/api/v2/session/${as}`, {
    method: 'POST',
    headers: jsonHeaders,
    body: JSON.stringify({ username, password }),
  })
  assert.equal(response.status, 200)
  const { csrf_token: token } = (await response.json()) as { csrf_token: string }
  return { Cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '', 'X-CSRF-TOKEN': token }
}

/** Whether `end` comes within `ms`. @throws what it is rejected with */
export async function ended(end: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ms)))
  const outcome = await Promise.race([end.then(() => true as const), late])
  clearTimeout(timer)
  return outcome
}
