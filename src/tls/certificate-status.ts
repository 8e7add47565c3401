import type { KeyPair } from './key-pair.ts'

interface HostStatus {
  readonly host: string
  /** For the operator; undefined when all is well. */
  readonly problem?: string
}

/** A certificate in use. Times are milliseconds since the epoch. */
export interface ServedCertificate extends HostStatus {
  readonly source: 'file' | 'self-signed'
  readonly subject: string
  readonly notBefore: number
  readonly notAfter: number
  readonly fingerprint256: string
}

/** A host whose files have never been good: `problem` says why. */
export interface UnusableCertificate extends HostStatus {
  readonly source: 'none'
}

export type CertificateStatus = ServedCertificate | UnusableCertificate

export function statusOf(
  host: string,
  source: ServedCertificate['source'],
  pair: KeyPair | undefined,
  problem: string | undefined,
): CertificateStatus {
  const base = problem === undefined ? { host } : { host, problem }
  if (pair === undefined) return { ...base, source: 'none' }
  const { subject, fingerprint256 } = pair.certificate
  return { ...base, source, subject, notBefore: pair.notBefore, notAfter: pair.notAfter, fingerprint256 }
}
