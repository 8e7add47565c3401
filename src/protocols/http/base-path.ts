/** Characters that a client or a proxy may send percent-encoded although nothing asks for it. */
const encodable: Readonly<Record<string, string>> = { '@': '(?:@|%40)', ':': '(?::|%3[aA])', '.': '\\.' }

/** Finds the path under which the platform shows the plugin in what a client asks for. */
export class BasePath {
  readonly path: string
  readonly #below: RegExp
  readonly #withoutSlash: RegExp

  /** `path` begins and ends with a slash. */
  constructor(path: string) {
    this.path = path
    const pattern = path.slice(0, -1).replaceAll(/[@:.]/g, (character) => encodable[character] ?? character)
    this.#below = new RegExp(`^${pattern}(?=/)`)
    this.#withoutSlash = new RegExp(`^${pattern}(?=\\?|$)`)
  }

  /** '/users/ann/plugins/sftpgo/api/v2/users?x' → '/api/v2/users?x'; other URLs stay as they are. */
  strip(url: string): string {
    return url.replace(this.#below, '')
  }

  /** The path below which `url` asks for something, as the client wrote it, for cookies: '/' or the base path. */
  prefixOf(url: string): string {
    return this.path === '/' ? '/' : `${this.#below.exec(url)?.[0] ?? ''}/`
  }

  /** Where the base path without its last slash leads to, relative; undefined for another URL. */
  redirectOf(url: string): string | undefined {
    if (this.path === '/' || !this.#withoutSlash.test(url)) return undefined
    const [path = '', query] = splitOnce(url, '?')
    const name = path.slice(path.lastIndexOf('/') + 1)
    return query === undefined ? `./${name}/` : `./${name}/?${query}`
  }
}

/** The path of a URL as it may be logged: the query can hold the platform's token. */
export function pathOf(url: string): string {
  return splitOnce(url, '?')[0] ?? url
}

function splitOnce(text: string, separator: string): string[] {
  const index = text.indexOf(separator)
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)]
}
