import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog, type Log } from '../../src/core/log.ts'
import { openDatabase } from '../../src/database/database.ts'
import { adminNamed, rejectsWith, userNamed, wholePage, type OpenWorld } from './repository-world.ts'

export function databaseContract(openWorld: OpenWorld): void {
  test('keeps what is in it when it is opened again, and migrates it only once', async () => {
    await using world = await openWorld()
    const migrated: string[] = []
    const log: Log = { ...silentLog, info: (_, message) => void migrated.push(message) }
    {
      await using first = await openDatabase(world.url, { log })
      await first.users.add(userNamed('kept'), 1)
    }
    await using second = await openDatabase(world.url, { log })
    assert.equal((await second.users.find('kept'))?.username, 'kept')
    assert.deepEqual(migrated, ['database migrated'])
  })

  test('keeps the tokens of a database that was made before tokens had kinds', async () => {
    await using world = await openWorld()
    await (await world.open())[Symbol.asyncDispose]()
    for (const statement of [
      'drop table settings',
      ...['users', 'admins'].flatMap((table) =>
        [
          'totp_secret',
          'totp_protocols',
          'totp_last_step',
          'totp_guesses',
          'totp_guesses_since',
          'recovery_codes',
        ].map((column) => `alter table ${table} drop column ${column}`),
      ),
      'drop table admin_tokens',
      `create table admin_tokens (token_hash text primary key, admin_username text not null,
        created_at bigint not null, expires_at bigint not null)`,
      'create index admin_tokens_by_admin on admin_tokens (admin_username)',
      'create index admin_tokens_by_expiry on admin_tokens (expires_at)',
      `insert into admin_tokens values ('hash', 'root', 5, 50)`,
      `delete from sftpgo_migration where name >= '0003'`,
    ])
      await world.execute(statement)
    await using database = await world.open()
    const token = await database.admins.findToken('hash', 10)
    const { id = 0 } = token ?? {}
    const known = { tokenHash: 'hash', adminUsername: 'root', createdAt: 5, expiresAt: 50 }
    assert.deepEqual(token, { ...known, id, kind: 'token', name: '' })
    const admin = await database.admins.add(adminNamed('root'), 5)
    const other = { ...known, tokenHash: 'other', kind: 'key', name: 'script' } as const
    const added = await database.admins.addToken(other, { admin })
    assert.ok(added.id > id)
  })

  test('is opened by several at once, also the first time', async () => {
    await using world = await openWorld()
    const databases = await Promise.all(Array.from({ length: 4 }, () => world.open()))
    await using stack = new AsyncDisposableStack()
    for (const database of databases) stack.use(database)
    await Promise.all(databases.map((database, i) => database.users.add(userNamed(`user-${i}`), 1)))
    for (const database of databases) assert.equal(await database.users.count(), 4)
  })

  test('is refused when a newer version of the program made it, and left as it is', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await world.execute(
      `insert into sftpgo_migration values ('9999-from-the-future', '2099-01-01T00:00:00.000Z')`,
    )
    await assert.rejects(world.open(), {
      code: 'unsupported',
      message: /newer version.*9999-from-the-future/,
    })
    await database.users.add(userNamed('still works'), 1)
  })

  test('answers a ping, and ends one transaction before the next begins', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await Promise.all([
      database.ping(),
      ...Array.from({ length: 20 }, (_, i) => database.users.add(userNamed(`user-${i}`), 1)),
      database.users.list(wholePage),
    ])
    assert.equal(await database.users.count(), 20)
  })

  test('says "storage-failure" for a stored value that cannot be read', async () => {
    const damages = {
      permissions: [`'{"/":["li'`, `''`, `'null'`, `'[]'`, `'{"/":"list"}'`, `'{"/":["fly"]}'`],
      public_keys: [`'{}'`, `'[1]'`],
      denied_protocols: [`'["GOPHER"]'`],
      file_patterns: [`'[{"path":"/"}]'`],
      status: [`'unknown'`],
    }
    await using world = await openWorld()
    await using database = await world.open()
    for (const [column, values] of Object.entries(damages))
      for (const value of values) {
        await database.users.add(userNamed('damaged'), 1)
        await world.execute(`update users set ${column} = ${value}`)
        await rejectsWith(database.users.find('damaged'), 'storage-failure')
        await rejectsWith(database.users.list(wholePage), 'storage-failure')
        await database.users.remove('damaged')
      }
  })
}
