import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCertificate } from '../../test/support/certificates.ts'

export interface CertificateFiles {
  readonly cert: string
  readonly key: string
  /** Both in one file, for servers that want them so. */
  readonly both: string
}

/** A certificate of the kind that ours makes for itself: an elliptic-curve key (P-256). */
export async function writePeerCertificate(directory: string): Promise<CertificateFiles> {
  const { key, cert } = await makeCertificate('localhost')
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') }
  const both = join(directory, 'key-and-cert.pem')
  await writeFile(files.cert, cert)
  await writeFile(files.key, key, { mode: 0o600 })
  await writeFile(both, key + cert, { mode: 0o600 })
  return { ...files, both }
}
