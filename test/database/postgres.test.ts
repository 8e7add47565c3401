import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client } from 'pg'
import { hasCode } from '../../src/core/errors.ts'
import { silentLog, type Log } from '../../src/core/log.ts'
import { openDatabase } from '../../src/database/database.ts'
import { repositoriesContract } from '../contract/repositories.contract.ts'
import {
  folderNamed,
  rejectsWith,
  userNamed,
  wholePage,
  type RepositoryWorld,
} from '../contract/repository-world.ts'
import { startPostgresCluster, type PostgresCluster } from '../support/postgres-cluster.ts'

let cluster: PostgresCluster

before(async () => {
  cluster = await startPostgresCluster()
})

after(() => cluster[Symbol.asyncDispose]())

/** Making a database takes longer than any test, emptying one does not. */
const emptied: string[] = []

async function openPostgresWorld(): Promise<RepositoryWorld> {
  const url = emptied.pop() ?? (await cluster.createDatabase())
  return {
    url,
    open: () => openDatabase(url, { log: silentLog }),
    async execute(statement) {
      await runOnce(url, statement)
    },
    countRows: (table) => runOnce(url, `select * from ${table}`),
    async [Symbol.asyncDispose]() {
      await runOnce(url, 'drop schema public cascade; create schema public')
      emptied.push(url)
    },
  }
}

async function runOnce(url: string, statement: string): Promise<number> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rowCount ?? 0
  } finally {
    await client.end()
  }
}

repositoriesContract('PostgreSQL', openPostgresWorld)

test('says "unavailable" while the server is down, and works again without a restart', async () => {
  await using ownCluster = await startPostgresCluster()
  const messages: string[] = []
  const log: Log = { ...silentLog, warn: (_, message) => void messages.push(message) }
  await using database = await openDatabase(await ownCluster.createDatabase(), { log })
  await database.users.add(userNamed('before'), 1)
  // Some connections are idle and some are inside transactions when the server goes.
  let isStopped = false
  const busy = Array.from({ length: 6 }, async () => {
    while (!isStopped) {
      try {
        await database.users.replace(userNamed('before'), 2)
      } catch (error) {
        assert.ok(hasCode(error, 'unavailable'), String(error))
      }
    }
  })
  await ownCluster.stop()
  isStopped = true
  await Promise.all(busy)
  await rejectsWith(database.ping(), 'unavailable')
  await rejectsWith(database.users.find('before'), 'unavailable')
  await rejectsWith(database.users.add(userNamed('lost'), 1), 'unavailable')
  await ownCluster.start()
  await database.ping()
  await database.users.add(userNamed('after'), 1)
  const names = (await database.users.list(wholePage)).map((user) => user.username)
  assert.deepEqual(names, ['after', 'before'])
})

test('says "unavailable" when an administrator ends a connection that is in use', async () => {
  await using world = await openPostgresWorld()
  await using database = await world.open()
  await database.folders.add(folderNamed('one'))
  await using holder = await holdLock(world.url, 'lock table folders in access exclusive mode')
  const waiting = rejectsWith(database.folders.find('one'), 'unavailable')
  while ((await holder.endOthers()) === 0);
  await waiting
  await holder.release()
  assert.equal((await database.folders.find('one'))?.name, 'one')
})

test('does not start on a server that refuses it, and says whether trying again helps', async () => {
  await rejectsWith(openDatabase(cluster.url.replace(/:\d+\//, ':1/'), { log: silentLog }), 'unavailable')
  await rejectsWith(
    openDatabase(cluster.url.replace(/\/postgres$/, '/missing'), { log: silentLog }),
    'storage-failure',
  )
})

test('refuses a database that cannot store every name', async () => {
  await using world = await openPostgresWorld()
  await world.execute(
    `create database latin encoding 'LATIN1' locale 'C' locale_provider libc template template0`,
  )
  await rejectsWith(openDatabase(world.url.replace(/[^/]+$/, 'latin'), { log: silentLog }), 'unsupported')
})

test('never shows a stored number that JavaScript would round', async () => {
  await using world = await openPostgresWorld()
  await using database = await world.open()
  await database.users.add(userNamed('ann'), 1)
  await world.execute('update users set used_quota_size = 9007199254740993')
  await rejectsWith(database.users.find('ann'), 'storage-failure')
})

async function holdLock(url: string, statement: string) {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  await client.query(statement)
  return {
    async endOthers(): Promise<number> {
      const others = `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and wait_event_type = 'Lock'`
      return (await client.query(others)).rowCount ?? 0
    },
    async release(): Promise<void> {
      await client.query('rollback')
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}
