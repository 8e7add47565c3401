import { type KeyObject, randomBytes } from 'node:crypto'

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
    Buffer.concat([check, check, field(keyType), field(publicKey), field(secret), field('')]),
  )
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[field('none'), field('none'), field('')],
    uint32(1),
    field(Buffer.concat([field(keyType), field(publicKey)])),
    field(privatePart),
  ])
  const lines = file.toString('base64').match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? []
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n')
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([uint32(bytes.length), bytes])
}

function padded(bytes: Buffer): Buffer {
  const missing = (blockLength - (bytes.length % blockLength)) % blockLength
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, i) => i + 1))])
}
