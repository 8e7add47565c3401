import type { Product } from './product.ts'

/** A user in a browser, at a product that runs as a process of its own. */
export class WebUser {
  readonly #product: Product
  readonly #headers: Record<string, string>

  private constructor(product: Product, headers: Record<string, string>) {
    this.#product = product
    this.#headers = headers
  }

  /** @throws unless the name and the password are right */
  static async signIn(product: Product, username: string): Promise<WebUser> {
    const answer = await fetch(`${product.httpUrl}/api/v2/session/user`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username, password: `${username}-password` }),
    })
    const body = (await answer.json()) as { csrf_token?: string }
    if (!answer.ok) throw new Error(`no session: ${answer.status}`)
    const Cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    return new WebUser(product, { Cookie, 'X-CSRF-TOKEN': body.csrf_token ?? '' })
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    more: Record<string, string> = {},
  ): Promise<Response> {
    const isJson = body !== undefined && typeof body !== 'string'
    return fetch(`${this.#product.httpUrl}/api/v2${path}`, {
      method,
      headers: { ...this.#headers, ...(isJson ? { 'Content-Type': 'application/json' } : {}), ...more },
      ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : body }),
    })
  }

  /** Sends a whole file, as tus 1.0.0 with its first bytes in the request that makes it. Answers the last status. */
  async upload(path: string, content: string): Promise<number> {
    const tus = { 'Tus-Resumable': '1.0.0' }
    const metadata = `path ${Buffer.from(path).toString('base64')}`
    const made = await this.call('POST', '/user/uploads', undefined, {
      ...tus,
      'Upload-Length': String(Buffer.byteLength(content)),
      'Upload-Metadata': metadata,
    })
    const id = /^uploads\/([\w-]+)$/.exec(made.headers.get('location') ?? '')?.[1]
    await made.arrayBuffer()
    if (id === undefined) return made.status
    const sent = await this.call('PATCH', `/user/uploads/${id}`, content, {
      ...tus,
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': '0',
    })
    await sent.arrayBuffer()
    return sent.status
  }

  async download(path: string): Promise<string> {
    const ticket = await this.call('POST', '/user/downloads', { paths: [path] })
    const { url } = (await ticket.json()) as { url: string }
    return (await this.call('GET', `/${url.replace(/^api\/v2\//, '')}`)).text()
  }

  async signOut(): Promise<void> {
    await this.call('DELETE', '/session/user')
  }
}
