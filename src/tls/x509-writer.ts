import { createHash, randomBytes, sign, type KeyObject } from 'node:crypto'
import { isIPv4 } from 'node:net'
import {
  der,
  derBitString,
  derContext,
  derInteger,
  derObjectIdentifier,
  derSequence,
  derTag,
  derTime,
} from './der.ts'

/** What a certificate is to say. Times are milliseconds since the epoch, written to the second. */
export interface CertificateRequest {
  readonly commonName: string
  /** DNS names and IPv4 addresses. */
  readonly names: readonly string[]
  readonly publicKey: KeyObject
  readonly notBefore: number
  readonly notAfter: number
  /** It may sign other certificates, and then serves for nothing else. */
  readonly isAuthority?: boolean
  /** Its own key for a self-signed one, the authority's otherwise: an elliptic-curve key. */
  readonly signer: {
    readonly commonName: string
    readonly privateKey: KeyObject
    readonly publicKey: KeyObject
  }
}

const ecdsaWithSha256 = derSequence(derObjectIdentifier('1.2.840.10045.4.3.2'))
const maxCommonName = 64
const pemLine = /.{1,64}/g

/** Writes an X.509 v3 certificate (RFC 5280 §4.1) signed by ECDSA with SHA-256, as PEM. */
export function writeCertificate(request: CertificateRequest): string {
  const version3 = derContext(0, 'constructed', derInteger(Buffer.of(2)))
  const body = derSequence(
    version3,
    derInteger(serialNumber()),
    ecdsaWithSha256,
    distinguishedName(request.signer.commonName),
    derSequence(derTime(request.notBefore), derTime(request.notAfter)),
    distinguishedName(request.commonName),
    publicKeyInfo(request.publicKey),
    derContext(3, 'constructed', derSequence(...extensions(request))),
  )
  const signature = sign('sha256', body, request.signer.privateKey)
  return toPem(derSequence(body, ecdsaWithSha256, derBitString(signature)))
}

/** 127 random bits: positive and within 20 bytes (RFC 5280 §4.1.2.2). */
function serialNumber(): Buffer {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return serial
}

/** One common name; X.520 bounds it to 64 characters, and the alternative names carry the whole one. */
function distinguishedName(commonName: string): Buffer {
  const value = der(derTag.utf8String, Buffer.from(commonName.slice(0, maxCommonName)))
  return derSequence(der(derTag.set, derSequence(derObjectIdentifier('2.5.4.3'), value)))
}

function extensions(request: CertificateRequest): Buffer[] {
  const usage = request.isAuthority
    ? [
        extension('2.5.29.19', derSequence(der(derTag.boolean, Buffer.of(0xff))), 'critical'),
        extension('2.5.29.15', derBitString(Buffer.of(0b0000_0110), 1), 'critical'), // keyCertSign, cRLSign
      ]
    : [
        extension('2.5.29.19', derSequence(), 'critical'),
        extension('2.5.29.15', derBitString(Buffer.of(0b1000_0000), 7), 'critical'), // digitalSignature
        extension('2.5.29.37', derSequence(derObjectIdentifier('1.3.6.1.5.5.7.3.1'))), // serverAuth
      ]
  const authorityKey = derSequence(derContext(0, 'primitive', keyIdentifier(request.signer.publicKey)))
  const identifiers = [
    extension('2.5.29.14', der(derTag.octetString, keyIdentifier(request.publicKey))),
    extension('2.5.29.35', authorityKey),
  ]
  const names = request.names.map(generalName)
  return [
    ...usage,
    ...identifiers,
    ...(names.length > 0 ? [extension('2.5.29.17', derSequence(...names))] : []),
  ]
}

function extension(identifier: string, value: Buffer, critical?: 'critical'): Buffer {
  const flag = critical ? [der(derTag.boolean, Buffer.of(0xff))] : []
  return derSequence(derObjectIdentifier(identifier), ...flag, der(derTag.octetString, value))
}

function generalName(name: string): Buffer {
  return isIPv4(name)
    ? derContext(7, 'primitive', Buffer.from(name.split('.').map(Number)))
    : derContext(2, 'primitive', Buffer.from(name, 'latin1'))
}

/** A shortened SHA-256 of the key (RFC 7093 §2). */
function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha256').update(publicKeyInfo(key)).digest().subarray(0, 20)
}

function publicKeyInfo(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

function toPem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(pemLine) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
