import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { hasCode } from '../../core/errors.ts'
import { type HostKey, parseKey } from './host-keys.ts'
import { FieldReader } from './sftp-codec.ts'
import { sshMpint, sshString } from './ssh-fields.ts'

/** The request with which a client asks for proofs. */
export const proveRequestName = 'hostkeys-prove-00@openssh.com'
const announcementName = 'hostkeys-00@openssh.com'
const globalRequest = 80

interface ProvableKey {
  readonly type: string
  readonly privateKey: KeyObject
}

/**
 * Tells clients all host keys, also those that come into use later, and proves that they are held, so that clients
 * trust a new key before they see it (OpenSSH's PROTOCOL, "hostkeys-00@openssh.com").
 */
export class HostKeyProofs {
  /** The payload of the SSH_MSG_GLOBAL_REQUEST that names all keys. */
  readonly announcement: Buffer
  /** By the key as it goes over the wire, in base64. */
  readonly #keys = new Map<string, ProvableKey>()

  constructor(hostKeys: readonly HostKey[]) {
    const all = hostKeys.flatMap(({ next, ...key }) => (next ? [key, next] : [key]))
    const named = all.map(({ path, privateKey }) => {
      const key = parseKey(privateKey)
      if (!key) throw new Error(`${path} is not a private key`)
      const blob = key.getPublicSSH()
      this.#keys.set(blob.toString('base64'), {
        type: key.type,
        privateKey: createPrivateKey(key.getPrivatePEM()),
      })
      return sshString(blob)
    })
    const head = [Buffer.from([globalRequest]), sshString(announcementName), Buffer.from([0])]
    this.announcement = Buffer.concat([...head, ...named])
  }

  /**
   * One signature for each key in `request`, which is what follows its head. `algorithm` is that of the last key
   * exchange: a client that takes RSA signatures of this kind there takes them here. Undefined: refused, because a key
   * is not one of ours or is named twice.
   */
  prove(request: Buffer, sessionId: Buffer, algorithm: string): Buffer | undefined {
    const blobs = stringsIn(request) ?? []
    const keys = blobs.map((blob) => this.#keys.get(blob.toString('base64')))
    if (keys.length === 0 || new Set(keys).size < keys.length) return undefined
    const signatures: Buffer[] = []
    for (const [i, blob] of blobs.entries()) {
      const key = keys[i]
      if (!key) return undefined
      const data = Buffer.concat([proveRequestName, sessionId, blob].map(sshString))
      signatures.push(sshString(signatureOf(key, data, algorithm)))
    }
    return Buffer.concat(signatures)
  }
}

function stringsIn(bytes: Buffer): Buffer[] | undefined {
  const fields = new FieldReader(bytes)
  const strings: Buffer[] = []
  try {
    while (fields.left > 0) strings.push(fields.bytes())
    return strings
  } catch (error) {
    if (hasCode(error, 'invalid-argument')) return undefined
    throw error
  }
}

/** The signature with the name of its algorithm in front (RFC 4253 §6.6). */
function signatureOf({ type, privateKey }: ProvableKey, data: Buffer, exchangeAlgorithm: string): Buffer {
  if (type === 'ssh-rsa') {
    const isForRsa = /^(ssh-rsa|rsa-sha2-)/.test(exchangeAlgorithm)
    const algorithm = isForRsa ? exchangeAlgorithm : 'rsa-sha2-512'
    const hash = { 'rsa-sha2-512': 'sha512', 'rsa-sha2-256': 'sha256' }[algorithm] ?? 'sha1'
    return Buffer.concat([sshString(algorithm), sshString(sign(hash, data, privateKey))])
  }
  if (type === 'ssh-ed25519') return Buffer.concat([sshString(type), sshString(sign(null, data, privateKey))])
  // RFC 5656 §3.1.2 and §6.2.1
  const hash = { nistp256: 'sha256', nistp384: 'sha384' }[type.replace('ecdsa-sha2-', '')] ?? 'sha512'
  const pair = sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  const [r, s] = [pair.subarray(0, pair.length / 2), pair.subarray(pair.length / 2)]
  return Buffer.concat([sshString(type), sshString(Buffer.concat([sshMpint(r), sshMpint(s)]))])
}
