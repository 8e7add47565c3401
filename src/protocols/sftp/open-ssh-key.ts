import { type KeyObject, randomBytes } from 'node:crypto'
import { sshString, sshUint32 } from './ssh-fields.ts'

const keyType = 'ssh-ed25519'
const blockLength = 8
const lineLength = 70

/** An Ed25519 private key in the file format openssh-key-v1 (OpenSSH's PROTOCOL.key), without a passphrase. */
export function encodeOpenSshKey(key: KeyObject): string {
  const { x, d } = key.export({ format: 'jwk' })
  if (x === undefined || d === undefined) throw new Error('not an Ed25519 private key')
  const publicKey = Buffer.from(x, 'base64url')
  const secret = Buffer.concat([Buffer.from(d, 'base64url'), publicKey])
  const check = randomBytes(4)
  const privatePart = padded(
    Buffer.concat([check, check, sshString(keyType), sshString(publicKey), sshString(secret), sshString('')]),
  )
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[sshString('none'), sshString('none'), sshString('')],
    sshUint32(1),
    sshString(Buffer.concat([sshString(keyType), sshString(publicKey)])),
    sshString(privatePart),
  ])
  const lines = file.toString('base64').match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? []
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n')
}

function padded(bytes: Buffer): Buffer {
  const missing = (blockLength - (bytes.length % blockLength)) % blockLength
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, i) => i + 1))])
}
