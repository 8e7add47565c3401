import type { CertificateProblem } from '../core/status.ts'

/** For the log and scripts; pages have words of their own for the names. */
export const certificateProblems = {
  'not-complete': 'The certificate file is not complete PEM',
  'not-readable': 'The certificate does not parse',
  'key-not-readable': 'The private key does not parse or asks for a passphrase',
  'key-of-another': 'The private key does not belong to the certificate',
  'not-servable': 'TLS cannot serve this certificate and key',
  'certificate-missing': 'fullchain.pem is missing',
  'key-missing': 'privkey.pem is missing',
  'files-unreadable': 'The files cannot be read',
  'files-gone': 'The files are gone; the last good certificate is served until the next start',
  expired: 'The certificate has expired',
  'not-valid-yet': 'The certificate is not valid yet',
  'names-others': 'It does not name this host',
  'self-signed': 'Clients cannot verify a self-signed certificate; none was found for this host',
} as const satisfies Record<CertificateProblem, string>

export function certificateProblemOf(text: string | undefined): CertificateProblem | undefined {
  const names = Object.keys(certificateProblems) as CertificateProblem[]
  return names.find((name) => certificateProblems[name] === text)
}
