import type { Credentials } from '../harness/row.ts'

/** A user who has signed in to the product's REST API as a browser does. */
export interface WebUser {
  readonly cookie: string
  /** Asks for a link to a file, or to a ZIP of a directory. @returns its URL */
  link(path: string): Promise<string>
}

/** @throws when the API answers anything but what it should */
export async function signInToWeb(
  url: string,
  { username, password }: Pick<Credentials, 'username' | 'password'>,
): Promise<WebUser> {
  const ask = async (path: string, body: unknown, headers: Record<string, string>) => {
    const answer = await fetch(`${url}/api/v2${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return { answer, body: (await answer.json()) as { readonly csrf_token?: string; readonly url?: string } }
  }
  const { answer, body } = await ask('/session/user', { username, password }, {})
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const headers = { cookie, 'x-csrf-token': body.csrf_token ?? '' }
  return {
    cookie,
    link: async (path) => `${url}/${(await ask('/user/downloads', { paths: [path] }, headers)).body.url}`,
  }
}
