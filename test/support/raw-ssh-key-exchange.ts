import {
  createHash,
  createPublicKey,
  decapsulate,
  diffieHellman,
  generateKeyPairSync,
  type JsonWebKey,
  verify,
} from 'node:crypto'

/** `string` of RFC 4251 §5. */
export function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** `mpint` of RFC 4251 §5, of a number that is not negative. */
export function sshMpint(value: Buffer): Buffer {
  const start = value.findIndex((byte) => byte !== 0)
  if (start === -1) return sshString('')
  const bytes = value.subarray(start)
  return sshString((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes)
}

/** The fields of `bytes`, all of them strings. */
export function sshStrings(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at)
    if (end > bytes.length) throw new Error('a string is cut short')
    fields.push(bytes.subarray(at + 4, end))
    at = end
  }
  return fields
}

/** What a client sends, and what it makes of the answer: K in the encoding that hashes take it in. */
export interface ClientShare {
  readonly init: Buffer
  secretFrom(reply: Buffer): Buffer
}

function x25519() {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const share = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const agree = (theirs: Buffer) => {
    const key: JsonWebKey = { kty: 'OKP', crv: 'X25519', x: theirs.toString('base64url') }
    return diffieHellman({ privateKey, publicKey: createPublicKey({ key, format: 'jwk' }) })
  }
  return { share, agree }
}

/** RFC 8731. */
function curve25519(): ClientShare {
  const { share, agree } = x25519()
  return { init: share, secretFrom: (reply) => sshMpint(agree(reply)) }
}

/**
 * draft-ietf-sshm-mlkem-hybrid-kex §2: C_INIT is the ML-KEM-768 key (1184 bytes) and the X25519 key, S_REPLY is the
 * ciphertext (1088 bytes) and the X25519 key, and K is the SHA-256 of K_PQ and K_CL, a string and no mpint.
 */
function mlkem768x25519(): ClientShare {
  const { share, agree } = x25519()
  const kem = generateKeyPairSync('ml-kem-768')
  const encapsulationKey = kem.publicKey.export({ format: 'der', type: 'spki' }).subarray(-1184)
  return {
    init: Buffer.concat([encapsulationKey, share]),
    secretFrom(reply) {
      if (reply.length !== 1120) throw new Error(`the reply has ${reply.length} bytes`)
      const postQuantum = decapsulate(kem.privateKey, reply.subarray(0, 1088))
      const classical = agree(reply.subarray(1088))
      return sshString(createHash('sha256').update(postQuantum).update(classical).digest())
    },
  }
}

export const clientShares = {
  'curve25519-sha256': curve25519,
  'mlkem768x25519-sha256': mlkem768x25519,
} as const

export type KeyExchangeName = keyof typeof clientShares

/** H of RFC 5656 §4, whose form both methods have. @throws where the host key has not signed it */
export function exchangeHash(fields: {
  readonly identifications: readonly [client: string, server: string]
  readonly offers: readonly [client: Buffer, server: Buffer]
  readonly init: Buffer
  /** The payload of SSH_MSG_KEX_ECDH_REPLY. */
  readonly reply: Buffer
  readonly secretFrom: (reply: Buffer) => Buffer
}): { hash: Buffer; secret: Buffer } {
  const [hostKey, share, signature] = sshStrings(fields.reply.subarray(1))
  if (!hostKey || !share || !signature) throw new Error('the reply misses a field')
  const secret = fields.secretFrom(share)
  const signed = [...fields.identifications, ...fields.offers, hostKey, fields.init, share].map(sshString)
  const hash = createHash('sha256')
    .update(Buffer.concat([...signed, secret]))
    .digest()
  if (!isSignedByEd25519(hash, hostKey, signature))
    throw new Error('the host key has not signed this exchange')
  return { hash, secret }
}

/** RFC 8709. */
export function isSignedByEd25519(data: Buffer, hostKey: Buffer, signature: Buffer): boolean {
  const [[type, x], [algorithm, bytes]] = [sshStrings(hostKey), sshStrings(signature)]
  if (!x || !bytes || String(type) !== 'ssh-ed25519' || String(algorithm) !== 'ssh-ed25519') return false
  const key: JsonWebKey = { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') }
  return verify(null, data, createPublicKey({ key, format: 'jwk' }), bytes)
}
