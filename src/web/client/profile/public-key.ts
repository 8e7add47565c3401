/** One line of authorized_keys, taken apart. */
export interface PublicKeyParts {
  readonly type: string
  readonly comment: string
  /** The key itself, in base64. */
  readonly data: string
}

const keyLine = /(?:^|\s)((?:ssh-|ecdsa-|sk-)[\w@.-]+)\s+([A-Za-z0-9+/]{16,}={0,2})(?:\s+(.*))?$/

export function publicKeyParts(line: string): PublicKeyParts | undefined {
  const [, type, data, comment = ''] = keyLine.exec(line.trim()) ?? []
  return type === undefined || data === undefined ? undefined : { type, data, comment: comment.trim() }
}

/** As OpenSSH shows it; undefined where the browser cannot hash, as on pages without TLS. */
export async function fingerprintOf({ data }: PublicKeyParts): Promise<string | undefined> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto.subtle
  if (!subtle) return undefined
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes))
  return `SHA256:${btoa(String.fromCharCode(...hash)).replace(/=+$/, '')}`
}

/** Somebody who mixes the two files up should hear of it before it is sent anywhere. */
export function isPrivateKey(text: string): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----|^PuTTY-User-Key-File/m.test(text)
}
