import type { SecureContext } from 'node:tls'
import type { ClientHello } from './client-hello.ts'
import { type CertificateSource, TicketReader, TlsIdentity } from './tls-identity.ts'
import type { TicketOwner, TlsOwnerBook } from './tls-owners.ts'

/** Contexts made for control connections of other processes; the rest are made again when they are needed. */
const maxForeign = 200

/** The TLS side of the control connections of this process, and whose a ticket is that a client shows. */
export class TlsIdentities {
  readonly #certificates: CertificateSource
  readonly #owners: TlsOwnerBook
  readonly #tickets: TicketReader
  readonly #own = new Map<string, TlsIdentity>()
  readonly #foreign = new Map<string, TlsIdentity>()

  constructor(certificates: CertificateSource, owners: TlsOwnerBook) {
    this.#certificates = certificates
    this.#owners = owners
    this.#tickets = new TicketReader(certificates.ticketKeys)
  }

  /** For a new control connection; close() it. */
  open(hello: ClientHello | undefined): TlsIdentity {
    const identity = new TlsIdentity(this.#certificates, hello?.serverName)
    this.#owners.open(identity.id, hello && this.#tickets.identityOf(hello))
    this.#own.set(identity.id, identity)
    return identity
  }

  close(identity: TlsIdentity): void {
    this.#own.delete(identity.id)
    this.#owners.close(identity.id)
  }

  signedIn(identity: TlsIdentity, username: string): void {
    this.#owners.signedIn(identity.id, username)
  }

  /** The one whose ticket is shown, where it tells the user. */
  async ownerOf(hello: ClientHello): Promise<TicketOwner | undefined> {
    const id = this.#tickets.identityOf(hello)
    return id === undefined ? undefined : this.#owners.ownerOf(id)
  }

  suspect({ id }: TicketOwner): void {
    this.#owners.suspect(id)
  }

  /** What resumes sessions of this control connection, whichever process serves it. */
  contextOf({ id }: TicketOwner, hello: ClientHello): SecureContext {
    const known = this.#own.get(id) ?? this.#foreign.get(id)
    if (known) return known.context
    const [oldest] = this.#foreign.keys()
    if (oldest !== undefined && this.#foreign.size >= maxForeign) this.#foreign.delete(oldest)
    const made = new TlsIdentity(this.#certificates, hello.serverName, id)
    this.#foreign.set(id, made)
    return made.context
  }
}
