import {
  constants,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { CertificateStore } from '../../tls/certificate-store.ts'
import { tlsPolicy } from '../../tls/tls-policy.ts'
import type { ClientHello } from './client-hello.ts'

/** Where certificates come from: `credentialsFor` always gives the newest good pair. */
export type CertificateSource = Pick<CertificateStore, 'credentialsFor' | 'ticketKeys'>

/** As long as a control connection may live: its data connections resume the session that was made at its start. */
const sessionLifetimeSeconds = 24 * 3600

/**
 * The TLS side of one control connection. Its session id context is its own, and every ticket it gives out carries
 * it: a data connection that resumes such a session tells whose it is.
 */
export class TlsIdentity {
  readonly id: string
  readonly context: SecureContext

  /** `id`: of a control connection that another process serves, whose sessions are to be resumed here. */
  constructor(
    certificates: CertificateSource,
    serverName: string | undefined,
    id = randomBytes(12).toString('base64url'),
  ) {
    this.id = id
    this.context = createSecureContext({
      ...tlsPolicy,
      ...certificates.credentialsFor(serverName),
      ticketKeys: certificates.ticketKeys,
      sessionIdContext: this.id,
      sessionTimeout: sessionLifetimeSeconds,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    })
  }
}

/** Reads the session id context out of a ticket that was sealed with our own keys. */
export class TicketReader {
  readonly #name: Buffer
  // As objects: of a key in bytes Node asks each time whether it is one, by an error that is thrown and caught.
  readonly #hmacKey: KeyObject
  readonly #aesKey: KeyObject

  constructor(ticketKeys: Buffer) {
    this.#name = ticketKeys.subarray(0, 16)
    this.#hmacKey = createSecretKey(ticketKeys.subarray(16, 32))
    this.#aesKey = createSecretKey(ticketKeys.subarray(32, 48))
  }

  /** The `TlsIdentity.id` of the control connection that the client shows a ticket of, or undefined. */
  identityOf(hello: ClientHello): string | undefined {
    for (const ticket of hello.tickets) {
      const identity = this.#contextOf(ticket)
      if (identity !== undefined) return identity
    }
    return undefined
  }

  /** Layout of RFC 5077 §4: key name, IV, AES-128-CBC of the session, HMAC-SHA256 of all before it. */
  #contextOf(ticket: Buffer): string | undefined {
    const sealedEnd = ticket.length - 32
    if (sealedEnd < 48 || (sealedEnd - 32) % 16 !== 0) return undefined
    if (!ticket.subarray(0, 16).equals(this.#name)) return undefined
    const mac = createHmac('sha256', this.#hmacKey).update(ticket.subarray(0, sealedEnd)).digest()
    if (!timingSafeEqual(mac, ticket.subarray(sealedEnd))) return undefined
    try {
      const decipher = createDecipheriv('aes-128-cbc', this.#aesKey, ticket.subarray(16, 32))
      const session = Buffer.concat([decipher.update(ticket.subarray(32, sealedEnd)), decipher.final()])
      return sessionIdContext(session)
    } catch {
      return undefined
    }
  }
}

/** SSL_SESSION is a DER sequence; the context is an octet string in the element with tag [4]. */
function sessionIdContext(session: Buffer): string | undefined {
  const sequence = element(session, 0)
  if (session[0] !== 0x30) return undefined
  for (let at = sequence.start; at < sequence.end;) {
    const { start, end } = element(session, at)
    if (session[at] === 0xa4) {
      const context = element(session, start)
      return session.toString('latin1', context.start, context.end)
    }
    at = end
  }
  return undefined
}

/** Where the content of the DER element at `at` lies. @throws RangeError past the end */
function element(bytes: Buffer, at: number): { start: number; end: number } {
  let length = bytes.readUInt8(at + 1)
  let start = at + 2
  if (length > 0x80) {
    const lengthBytes = length - 0x80
    length = bytes.readUIntBE(start, lengthBytes)
    start += lengthBytes
  }
  if (start + length > bytes.length) throw new RangeError('The element is too short')
  return { start, end: start + length }
}
