import { Type } from 'typebox'
import { apiMessage } from '../../../contract/api-answer.ts'
import { connection, type ConnectionResource } from '../../../contract/connection.ts'
import type { ConnectionStatus } from '../../../core/connections/connection.ts'
import type { ConnectionRegistry } from '../../../core/connections/connection-registry.ts'
import type { AdminSignIn } from '../../../core/auth/admin-sign-in.ts'
import type { Disconnects } from '../../../core/connections/disconnects.ts'
import { adminTokenOf } from '../access.ts'
import type { HttpApp } from '../http-app.ts'

const tags = ['connections']

export interface ConnectionParts {
  readonly connections: ConnectionRegistry
  readonly disconnects: Disconnects
  readonly adminSignIn: Pick<AdminSignIn, 'identify'>
}

/** Who is connected, and the way to make them leave. */
export function serveConnections(
  app: HttpApp,
  { connections, disconnects, adminSignIn }: ConnectionParts,
): void {
  app.get(
    '/connections',
    {
      config: { access: ['view_conns'] },
      schema: {
        tags,
        operationId: 'get_connections',
        summary: 'List the clients that are signed in, with their transfers',
        response: { 200: Type.Array(connection) },
      },
    },
    async () => (await connections.current()).map(fromConnection),
  )

  app.delete(
    '/connections/:connectionID',
    {
      config: { access: ['close_conns'] },
      schema: {
        tags,
        operationId: 'close_connection',
        summary: 'End a connection',
        params: Type.Object({ connectionID: Type.String({ minLength: 1, maxLength: 255 }) }),
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      const by = await adminSignIn.identify(adminTokenOf(request))
      disconnects.byAdmin(by, request.params.connectionID)
      return { message: 'Connection closed' }
    },
  )
}

export function fromConnection(status: ConnectionStatus): ConnectionResource {
  return {
    username: status.username,
    connection_id: status.connectionId,
    client_version: status.clientVersion,
    remote_address: status.remoteAddress,
    connection_time: status.connectedAt,
    command: '',
    last_activity: status.lastActivity,
    protocol: status.protocol,
    active_transfers: status.transfers.map(({ operation, path, startedAt, bytes }) => ({
      operation_type: operation,
      path,
      start_time: startedAt,
      size: bytes,
    })),
  }
}
