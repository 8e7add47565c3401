import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { adminName, adminPassword } from '../../test/support/product.ts'
import type { ServerUnderTest } from '../harness/row.ts'

/**
 * Users of the product beside that of the credentials, with homes beside its home; those that are there stay as they are.
 * @returns their names @throws unless the API makes them
 */
export async function addUsers(
  { httpUrl, home }: ServerUnderTest,
  { count, prefix, password }: { readonly count: number; readonly prefix: string; readonly password: string },
): Promise<string[]> {
  const basic = Buffer.from(`${adminName}:${adminPassword}`).toString('base64')
  const answer = await fetch(`${httpUrl}/api/v2/token`, { headers: { authorization: `Basic ${basic}` } })
  const { access_token: token } = (await answer.json()) as { readonly access_token?: string }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
  for (const username of names) {
    const body = JSON.stringify({ username, password, status: 1, permissions: { '/': ['*'] } })
    const made = await fetch(`${httpUrl}/api/v2/users`, { method: 'POST', headers, body })
    if (made.status !== 201 && made.status !== 409)
      throw new Error(`user not made: ${made.status} ${await made.text()}`)
    await made.body?.cancel()
    await mkdir(join(dirname(home), username), { recursive: true })
  }
  return names
}
