import type { ClientHello } from './client-hello.ts'
import type { TicketOwners } from './passive-lane.ts'
import { TicketReader } from './tls-identity.ts'

/** The control connection whose ticket a client shows, where that tells the user. */
export interface TicketOwner {
  /** Of its `TlsIdentity`. */
  readonly id: string
  readonly username: string
}

/** Told of every control connection over TLS by the process that serves it; asked whose a ticket is. */
export interface TlsOwnerBook {
  /** A new control connection; close() it. `shown`: whose ticket its client showed for it. */
  open(id: string, shown: string | undefined): void
  close(id: string): void
  signedIn(id: string, username: string): void
  /** A ticket of this one was shown where another user was expected. */
  suspect(id: string): void
  ownerOf(id: string): Promise<TicketOwner | undefined> | TicketOwner | undefined
}

interface Owner {
  readonly id: string
  readonly shownAtStart: Owner | undefined
  username: string | undefined
  /** Its tickets are also shown by clients of other users, so they tell nothing. */
  isShared: boolean
}

/**
 * The control connections of all processes that have given out tickets. Clients with many control connections keep one
 * store of tickets for all of them, so a ticket tells the user and not the connection; one that is seen with several
 * users tells nothing.
 */
export class TlsOwners implements TlsOwnerBook, TicketOwners {
  readonly #tickets: TicketReader
  readonly #owners = new Map<string, Owner>()

  constructor(ticketKeys: Buffer) {
    this.#tickets = new TicketReader(ticketKeys)
  }

  open(id: string, shown: string | undefined): void {
    const shownAtStart = shown === undefined ? undefined : this.#owners.get(shown)
    this.#owners.set(id, { id, shownAtStart, username: undefined, isShared: false })
  }

  close(id: string): void {
    this.#owners.delete(id)
  }

  signedIn(id: string, username: string): void {
    const owner = this.#owners.get(id)
    if (!owner) return
    owner.username = username
    for (const other of this.#owners.values()) {
      if (other.shownAtStart !== owner && owner.shownAtStart !== other) continue
      if (other.username !== undefined && other.username !== username) owner.isShared = other.isShared = true
    }
  }

  ownerOf(id: string): TicketOwner | undefined {
    const owner = this.#owners.get(id)
    if (owner?.username === undefined || owner.isShared) return undefined
    return { id, username: owner.username }
  }

  isShared(id: string): boolean {
    return this.#owners.get(id)?.isShared ?? false
  }

  suspect(id: string): void {
    const owner = this.#owners.get(id)
    if (owner) owner.isShared = true
  }

  usernameOf(hello: ClientHello): string | undefined {
    const id = this.#tickets.identityOf(hello)
    return id === undefined ? undefined : this.ownerOf(id)?.username
  }

  suspectShown(hello: ClientHello): void {
    const id = this.#tickets.identityOf(hello)
    if (id !== undefined) this.suspect(id)
  }
}
