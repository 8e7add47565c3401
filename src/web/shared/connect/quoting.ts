/** One word of a POSIX shell, whatever it holds. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** A user name, password or path segment of a URL (RFC 3986 §2.1): everything but unreserved characters is encoded. */
export function urlPart(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** A host as URLs have it: IPv6 addresses in brackets (RFC 3986 §3.2.2). */
export function urlHost(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

/** A host as commands take it. */
export function plainHost(host: string): string {
  return host.replaceAll(/^\[|\]$/g, '')
}

/** A string literal of C++. */
export function cppString(text: string): string {
  const escaped = text.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return `"${escaped}"`
}

/** A value of rclone's configuration: only one that begins with a quote has to be quoted itself. */
export function rcloneValue(text: string): string {
  return text.startsWith('"') ? `\`${text}\`` : text
}
