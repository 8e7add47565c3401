import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { getCACertificates } from 'node:tls'

const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * Trusts the platform's own certificate file besides the usual authorities: many instances on premises have a
 * self-signed one. Host name and dates are checked as ever. A missing or damaged file adds nothing.
 */
export class PlatformTrust {
  readonly #certificateFile: string | undefined
  #added: string | undefined
  #agent: Agent | undefined

  constructor(certificateFile: string | undefined) {
    this.#certificateFile = certificateFile
  }

  /** An agent for one request; made anew only when the file has changed, since loading authorities costs time. */
  async agent(): Promise<Agent> {
    const certificates = await this.#readCertificates()
    const added = certificates.join('\n')
    if (this.#agent === undefined || added !== this.#added) {
      this.#added = added
      this.#agent = new Agent({
        keepAlive: false,
        ...(certificates.length > 0 && {
          ca: [...getCACertificates('default'), ...certificates],
          // The file holds a leaf and intermediates, rarely the root: each of them is an anchor.
          allowPartialTrustChain: true,
        }),
      })
    }
    return this.#agent
  }

  async #readCertificates(): Promise<string[]> {
    if (this.#certificateFile === undefined) return []
    const text = await readFile(this.#certificateFile, 'utf8').catch(() => '')
    return (text.match(pemBlock) ?? []).filter(isCertificate)
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}
