import type { ClientHello } from './client-hello.ts'
import type { TicketOwners } from './passive-lane.ts'
import { type CertificateSource, TicketReader, TlsIdentity } from './tls-identity.ts'

/** A control connection over TLS, as its tickets name it. */
interface Owner {
  readonly identity: TlsIdentity
  /** Whose ticket the client showed for the control connection itself. */
  readonly shownAtStart: Owner | undefined
  username: string | undefined
  /** Its tickets are also shown by clients of other users, so they tell nothing. */
  isShared: boolean
}

/**
 * The control connections that have given out tickets. Clients with many control connections keep one store of
 * tickets for all of them, so a ticket tells the user and not the connection; one that is seen with several users
 * tells nothing.
 */
export class TlsIdentities implements TicketOwners {
  readonly #certificates: CertificateSource
  readonly #tickets: TicketReader
  readonly #owners = new Map<string, Owner>()

  constructor(certificates: CertificateSource) {
    this.#certificates = certificates
    this.#tickets = new TicketReader(certificates.ticketKeys)
  }

  /** For a new control connection; close() it. */
  open(hello: ClientHello | undefined): TlsIdentity {
    const identity = new TlsIdentity(this.#certificates, hello?.serverName)
    const shownAtStart = hello && this.#ownerOf(hello)
    this.#owners.set(identity.id, { identity, shownAtStart, username: undefined, isShared: false })
    return identity
  }

  close(identity: TlsIdentity): void {
    this.#owners.delete(identity.id)
  }

  signedIn(identity: TlsIdentity, username: string): void {
    const owner = this.#owners.get(identity.id)
    if (!owner) return
    owner.username = username
    for (const other of this.#owners.values()) {
      if (other.shownAtStart !== owner && owner.shownAtStart !== other) continue
      if (other.username !== undefined && other.username !== username) owner.isShared = other.isShared = true
    }
  }

  isShared(identity: TlsIdentity): boolean {
    return this.#owners.get(identity.id)?.isShared ?? false
  }

  usernameOf(hello: ClientHello): string | undefined {
    return this.#telling(hello)?.username
  }

  /** The one whose ticket is shown, where it tells the user. */
  identityOf(hello: ClientHello): TlsIdentity | undefined {
    return this.#telling(hello)?.identity
  }

  suspect(hello: ClientHello): void {
    const owner = this.#ownerOf(hello)
    if (owner) owner.isShared = true
  }

  #telling(hello: ClientHello): Owner | undefined {
    const owner = this.#ownerOf(hello)
    return owner?.username === undefined || owner.isShared ? undefined : owner
  }

  #ownerOf(hello: ClientHello): Owner | undefined {
    const id = this.#tickets.identityOf(hello)
    return id === undefined ? undefined : this.#owners.get(id)
  }
}
