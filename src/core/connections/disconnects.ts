import type { Identity } from '../auth/admin-tokens.ts'
import { FileServerError } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { EventOf } from '../events/events.ts'
import type { ConnectionMember, ConnectionRegistry } from './connection-registry.ts'

type By = Pick<EventOf<'session-disconnected'>, 'admin' | 'means' | 'key'>

/** Sessions that somebody asks to end, and who it was. */
export class Disconnects {
  readonly #connections: ConnectionRegistry
  readonly #events: EventBus

  constructor(connections: ConnectionRegistry, events: EventBus) {
    this.#connections = connections
    this.#events = events
  }

  /** @throws FileServerError 'not-found' */
  byAdmin({ admin, token }: Identity, connectionId: string): void {
    const by = { admin: admin.username, means: token.kind, key: token.name }
    this.#end(connectionId, 'disconnected by an admin', by, () => true)
  }

  /** One of a user's own. @throws FileServerError 'not-found' for those of others as well */
  byUser(username: string, connectionId: string): void {
    const by = { admin: username, means: 'own', key: '' } as const
    this.#end(connectionId, 'disconnected by the user', by, (member) => member.username === username)
  }

  #end(
    connectionId: string,
    reason: string,
    by: By,
    isMeant: (member: Pick<ConnectionMember, 'username'>) => boolean,
  ): void {
    const member = this.#connections.find(connectionId)
    if (!member || !isMeant(member)) throw new FileServerError('not-found', 'No such connection')
    // Told first: the end of the session comes after what it came from.
    this.#events.emit({ type: 'session-disconnected', ...by, connectionId, username: member.username })
    member.end(reason)
  }
}
