import { Type, type Static } from 'typebox'
import { amount, timestamp } from './values.ts'

export const transfer = Type.Object(
  {
    operation_type: Type.Enum(['upload', 'download']),
    path: Type.String(),
    start_time: timestamp('When it began'),
    size: amount('Bytes moved so far.'),
  },
  { title: 'Transfer' },
)

/** One client that is signed in. */
export const connection = Type.Object(
  {
    username: Type.String(),
    connection_id: Type.String(),
    client_version: Type.String(),
    remote_address: Type.String(),
    connection_time: timestamp('When it signed in'),
    command: Type.String({ description: 'Kept for clients that read it; always empty.' }),
    last_activity: timestamp('When it last did something'),
    protocol: Type.Enum(['SFTP', 'SCP', 'SSH', 'FTP', 'HTTP']),
    active_transfers: Type.Array(transfer),
  },
  { title: 'ConnectionStatus' },
)
export type ConnectionResource = Static<typeof connection>
