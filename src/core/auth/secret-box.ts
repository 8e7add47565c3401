import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const version = 'v1'
const nonceLength = 12
const tagLength = 16
export const boxKeyLength = 32
const form = /^v1\.[\w-]+$/

/**
 * Keeps secrets that must be read again, so that what lies in the database or a backup is of no use without this
 * server's key: AES-256-GCM, bound to what the secret belongs to.
 */
export class SecretBox {
  readonly #key: Uint8Array

  /** @throws RangeError unless the key has 32 bytes */
  constructor(key: Uint8Array) {
    if (key.length !== boxKeyLength) throw new RangeError('the key must have 32 bytes')
    this.#key = key
  }

  /** `purpose` says whose secret it is; it cannot be opened for another one's. */
  seal(purpose: string, plain: string): string {
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: tagLength })
    cipher.setAAD(Buffer.from(purpose))
    const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `${version}.${sealed.toString('base64url')}`
  }

  /** Undefined for what another key has sealed, or for another purpose, or what was changed. */
  open(purpose: string, sealed: string): string | undefined {
    if (!form.test(sealed)) return undefined
    const bytes = Buffer.from(sealed.slice(version.length + 1), 'base64url')
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, nonceLength), {
        authTagLength: tagLength,
      })
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-tagLength))
      const plain = decipher.update(bytes.subarray(nonceLength, -tagLength))
      return Buffer.concat([plain, decipher.final()]).toString()
    } catch {
      return undefined
    }
  }
}

/** True for what looks like a sealed secret, whether or not it can be opened here. */
export function isSealed(text: string): boolean {
  return /^v1\.[\w-]{40,1024}$/.test(text)
}
