import { createCipheriv, createDecipheriv, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { FileServerError } from '../errors.ts'

/**
 * The file: a magic word, the version of this format, log2 of scrypt's N, r, p, salt, nonce, a check of the passphrase,
 * then the encrypted bytes and the tag of AES-256-GCM, which covers all that stands before it.
 */
const magic = Buffer.from('SFTPGOBK')
const version = 1
const logN = 15
const r = 8
const p = 1
const parameters = Buffer.from([version, logN, r, p])
const saltLength = 16
const nonceLength = 12
const keyLength = 32
/** Tells a wrong passphrase from a damaged file; another part of scrypt's output than the key. */
const checkLength = 16
const tagLength = 16
const headerLength = magic.length + parameters.length + saltLength + nonceLength + checkLength

export function isEncrypted(bytes: Uint8Array): boolean {
  return magic.equals(bytes.subarray(0, magic.length))
}

export async function encrypt(plain: Uint8Array, passphrase: string): Promise<Buffer> {
  const salt = randomBytes(saltLength)
  const nonce = randomBytes(nonceLength)
  const { key, check } = await derive(passphrase, salt)
  const header = Buffer.concat([magic, parameters, salt, nonce, check])
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength }).setAAD(header)
  const encrypted = cipher.update(plain)
  return Buffer.concat([header, encrypted, cipher.final(), cipher.getAuthTag()])
}

/**
 * @throws FileServerError 'invalid-argument' with the field 'passphrase' when it is the wrong one, 'name' when the file
 * is damaged or of a newer kind
 */
export async function decrypt(bytes: Buffer, passphrase: string): Promise<Buffer> {
  if (bytes.length < headerLength + tagLength) throw damaged()
  const header = bytes.subarray(0, headerLength)
  let at = magic.length
  const next = (length: number) => header.subarray(at, (at += length))
  if (!next(parameters.length).equals(parameters))
    throw new FileServerError('invalid-argument', 'The backup was made by a newer version', {
      field: 'name',
      reason: 'backup-newer',
    })
  const salt = next(saltLength)
  const nonce = next(nonceLength)
  const { key, check } = await derive(passphrase, salt)
  if (!timingSafeEqual(check, next(checkLength)))
    throw new FileServerError('invalid-argument', 'passphrase: is not the one of this backup', {
      field: 'passphrase',
      reason: 'wrong-passphrase',
    })
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
    .setAAD(header)
    .setAuthTag(bytes.subarray(-tagLength))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(headerLength, -tagLength)), decipher.final()])
  } catch {
    throw damaged()
  }
}

/** On the thread pool; one spelling alone for what people type. */
function derive(passphrase: string, salt: Buffer): Promise<{ key: Buffer; check: Buffer }> {
  const cost = { N: 2 ** logN, r, p, maxmem: 2 ** logN * r * 128 * 2 }
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), salt, keyLength + checkLength, cost, (error, output) => {
      if (error) reject(error)
      else resolve({ key: output.subarray(0, keyLength), check: output.subarray(keyLength) })
    })
  })
}

function damaged(): FileServerError {
  return new FileServerError('invalid-argument', 'The backup is damaged', {
    field: 'name',
    reason: 'backup-damaged',
  })
}
