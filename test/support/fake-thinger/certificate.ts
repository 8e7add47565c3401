import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

export interface CertificatePair {
  readonly key: string
  readonly cert: string
}

export interface CertificateOptions {
  /** A stranger's authority signs, and is nowhere to be found; otherwise the certificate signs itself. */
  readonly isSignedByStranger?: boolean
  readonly address?: readonly [number, number, number, number]
}

const ecdsaWithSha256 = Buffer.from('06082a8648ce3d040302', 'hex')
const commonName = Buffer.from('0603550403', 'hex')
const subjectAltName = Buffer.from('0603551d11', 'hex')

/** A certificate for one day and one address, 127.0.0.1 unless told otherwise. RFC 5280 §4.1 */
export function makeCertificate(options: CertificateOptions = {}): CertificatePair {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const isStrange = options.isSignedByStranger === true
  const issuer = isStrange ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : own
  const issuerName = nameOf(isStrange ? 'stranger' : 'fake thinger')
  const algorithm = der(0x30, ecdsaWithSha256)
  const toBeSigned = der(
    0x30,
    der(0xa0, integer(2)),
    integer(1 + Math.floor(Math.random() * 100)),
    algorithm,
    issuerName,
    der(0x30, utcTime(-86_400_000), utcTime(86_400_000)),
    nameOf('fake thinger'),
    createPublicKey(own.publicKey.export({ type: 'spki', format: 'pem' })).export({
      type: 'spki',
      format: 'der',
    }),
    der(0xa3, der(0x30, altName(options.address ?? [127, 0, 0, 1]))),
  )
  const certificate = der(0x30, toBeSigned, algorithm, bitString(signWith(issuer.privateKey, toBeSigned)))
  return { key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: toPem(certificate) }
}

function signWith(key: KeyObject, bytes: Buffer): Buffer {
  return sign('sha256', bytes, key)
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const integer = (value: number): Buffer => der(0x02, Buffer.from([value]))

const bitString = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes)

const nameOf = (text: string): Buffer =>
  der(0x30, der(0x31, der(0x30, commonName, der(0x0c, Buffer.from(text)))))

const altName = (address: readonly number[]): Buffer =>
  der(0x30, subjectAltName, der(0x04, der(0x30, der(0x87, Buffer.from(address)))))

function utcTime(offsetMs: number): Buffer {
  const digits = new Date(Date.now() + offsetMs).toISOString().replace(/\D/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`))
}

function toPem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
