import { join } from 'node:path'
import { ftpTargetOf } from '../clients/ftp-target.ts'
import { askClient } from '../clients/json-client.ts'
import { addUsers } from '../clients/product-users.ts'
import type { Row, RowContext, ServerUnderTest } from '../harness/row.ts'

const script = join(import.meta.dirname, '../clients/ftps-clients.ts')
const clients = 20
const plan = { transfers: 20, delayMs: 50, bytes: 5000 }

export const ftpsOnePortRows: readonly Row[] = [
  {
    name: 'ftps-one-port',
    title: '400 FTPS transfers, 20 clients of one address, one passive port, 50 ms before each connect',
    peers: ['ours, 40 ports'],
    goals: { speed: 0.9 },
    prepare: async (server, context) => void (await usersOf(server, context)),
    async run(server, context) {
      const { port, password } = ftpTargetOf(server, context, true)
      const given = { port, password, usernames: await usersOf(server, context), ...plan }
      return askClient<{ readonly seconds: number }>(process.execPath, script, given, context.scratch)
    },
  },
]

/** Each client has a user of its own: a ticket tells the user, so connections of one user take turns at a port. */
const known = new WeakMap<ServerUnderTest, Promise<readonly string[]>>()

function usersOf(server: ServerUnderTest, { credentials }: RowContext): Promise<readonly string[]> {
  const { password } = credentials
  const users = known.get(server) ?? addUsers(server, { count: clients, prefix: 'port-client', password })
  known.set(server, users)
  return users
}
