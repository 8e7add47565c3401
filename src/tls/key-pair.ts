import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { FileServerError } from '../core/errors.ts'
import { certificateProblems } from './certificate-problems.ts'

/** A certificate chain and its private key, both PEM. */
export interface Credentials {
  readonly key: string
  readonly cert: string
}

/** A pair that has been checked: it parses, key and certificate belong together, TLS can serve it. */
export interface KeyPair extends Credentials {
  readonly certificate: X509Certificate
  readonly context: SecureContext
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const blockStart = /-----BEGIN /g

/**
 * Checks a pair and builds its TLS context; `options` are those of every context of the server.
 * @throws invalid-argument with a message for the operator; validity in time is left to the caller.
 */
export function checkPair(credentials: Credentials, options: SecureContextOptions): KeyPair {
  const certificate = parseChain(credentials.cert)
  const key = parseKey(credentials.key)
  if (!certificate.checkPrivateKey(key)) throw unusable(certificateProblems['key-of-another'])
  try {
    const context = createSecureContext({ ...options, ...credentials })
    const { validFromDate, validToDate } = certificate
    const times = { notBefore: validFromDate.getTime(), notAfter: validToDate.getTime() }
    return { ...credentials, ...times, certificate, context }
  } catch (cause) {
    throw unusable(certificateProblems['not-servable'], cause)
  }
}

export function isCurrent(pair: KeyPair, now: number): boolean {
  return pair.notBefore <= now && now < pair.notAfter
}

/** Whether the certificate names a host; a wildcard directory is asked for a host below it. */
export function namesHost(pair: KeyPair, host: string): boolean {
  if (isIP(host) !== 0) return pair.certificate.checkIP(host) !== undefined
  return pair.certificate.checkHost(host.replace(/^\*\./, 'wildcard.')) !== undefined
}

/** Every block must be whole: a chain cut short would pass with its first certificate alone. */
function parseChain(pem: string): X509Certificate {
  const blocks = pem.match(certificateBlock) ?? []
  if (blocks.length === 0 || blocks.length !== pem.match(blockStart)?.length) {
    throw unusable(certificateProblems['not-complete'])
  }
  try {
    const [leaf] = blocks.map((block) => new X509Certificate(block))
    if (leaf !== undefined) return leaf
  } catch (cause) {
    throw unusable(certificateProblems['not-readable'], cause)
  }
  throw unusable(certificateProblems['not-complete'])
}

function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw unusable(certificateProblems['key-not-readable'], cause)
  }
}

function unusable(message: string, cause?: unknown): FileServerError {
  return new FileServerError('invalid-argument', message, { cause })
}
