import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminNamed, difficultNames, rejectsWith, wholePage, type OpenWorld } from './repository-world.ts'

export function adminRepositoryContract(openWorld: OpenWorld): void {
  test('gives back an admin as it was added or replaced', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const settings = adminNamed('root', {
      source: 'thinger',
      status: 'disabled',
      email: 'root@example.com',
      description: 'the owner',
      passwordHash: '$argon2id$x',
      permissions: ['view_users', 'add_users'],
    })
    const added = await database.admins.add(settings, 4)
    assert.deepEqual(added, { ...settings, id: added.id, createdAt: 4, updatedAt: 4, lastLogin: 0 })
    await database.admins.recordLogin('root', 6)
    assert.deepEqual(await database.admins.find('root'), { ...added, lastLogin: 6 })
    const changes = adminNamed('root', { description: 'changed' })
    const replaced = await database.admins.replace(changes, 8)
    assert.deepEqual(replaced, { ...added, ...changes, updatedAt: 8, lastLogin: 6 })
    assert.deepEqual(await database.admins.find('root'), replaced)
  })

  test('says which names are taken and which are unknown', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.admins.add(adminNamed('root'), 1)
    await rejectsWith(database.admins.add(adminNamed('root'), 1), 'already-exists')
    await rejectsWith(database.admins.replace(adminNamed('Root'), 1), 'not-found')
    await rejectsWith(database.admins.recordLogin('Root', 1), 'not-found')
    await rejectsWith(database.admins.remove('Root'), 'not-found')
    assert.equal(await database.admins.find('Root'), undefined)
    assert.equal(await database.admins.find('root\0'), undefined)
  })

  test('lists, sorts by bytes, searches and counts', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    for (const name of difficultNames) await database.admins.add(adminNamed(name, { email: `${name}@X` }), 1)
    const sorted = difficultNames.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const list = async (page: Partial<typeof wholePage> & { search?: string }) =>
      (await database.admins.list({ ...wholePage, ...page })).map((admin) => admin.username)
    assert.deepEqual(await list({}), sorted)
    assert.deepEqual(await list({ order: 'DESC', offset: 1, limit: 2 }), sorted.toReversed().slice(1, 3))
    assert.deepEqual(await list({ search: 'SURE@x' }), ['100%_sure'])
    assert.equal(await database.admins.count(), difficultNames.length)
  })

  test('refuses stored permissions that cannot be read', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.admins.add(adminNamed('root'), 1)
    await world.execute(`update admins set permissions = '["*"'`)
    await rejectsWith(database.admins.find('root'), 'storage-failure')
  })

  test('knows a token until it expires, is removed, or its admin is', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const ann = await database.admins.add(adminNamed('ann'), 1)
    const bob = await database.admins.add(adminNamed('bob'), 1)
    const groundsOf = (name: string) => ({ admin: name === 'ann' ? ann : bob })
    const token = (tokenHash: string, adminUsername: string, expiresAt = 1_900_000_000_000) => ({
      kind: 'token' as const,
      name: '',
      tokenHash,
      adminUsername,
      createdAt: 5,
      expiresAt,
    })
    const tokens = [token('1', 'ann'), token('2', 'ann'), token('3', 'bob'), token('4', 'bob', 100)]
    const ids: number[] = []
    for (const each of tokens)
      ids.push((await database.admins.addToken(each, groundsOf(each.adminUsername))).id)
    const known = async (now: number) => {
      const found = await Promise.all(
        tokens.map(({ tokenHash }) => database.admins.findToken(tokenHash, now)),
      )
      return found.flatMap((each) => each?.tokenHash ?? []).join('')
    }
    assert.deepEqual(await database.admins.findToken('3', 10), { ...tokens[2], id: ids[2] })
    await rejectsWith(database.admins.addToken(token('1', 'bob'), { admin: bob }), 'already-exists')
    assert.equal(await known(99), '1234')
    assert.equal(await known(100), '123')
    await database.admins.removeExpiredTokens(100)
    assert.equal(await known(99), '123')
    await database.admins.removeToken('1')
    await database.admins.removeToken('unknown')
    assert.equal(await known(99), '23')
    await database.admins.remove('bob')
    assert.equal(await known(99), '2')
    await database.admins.removeTokensOf('ann')
    assert.equal(await known(99), '')
  })

  test('lists, extends and removes the tokens of one admin', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const { admins } = database
    const owners = {
      ann: await admins.add(adminNamed('ann'), 1),
      bob: await admins.add(adminNamed('bob'), 1),
    }
    const add = (tokenHash: string, adminUsername: keyof typeof owners, kind: 'session' | 'token' | 'key') =>
      admins.addToken(
        { kind, name: `${kind}-name`, tokenHash, adminUsername, createdAt: 5, expiresAt: 50 },
        { admin: owners[adminUsername] },
      )
    const session = await add('1', 'ann', 'session')
    const key = await add('2', 'ann', 'key')
    const other = await add('3', 'bob', 'token')
    assert.deepEqual(await admins.listTokens('ann', 49), [session, key])
    await admins.extendToken('1', 70)
    await admins.extendToken('1', 60)
    await admins.extendToken('unknown', 70)
    assert.deepEqual(await admins.listTokens('ann', 50), [{ ...session, expiresAt: 70 }])
    await rejectsWith(admins.removeTokenOf('ann', other.id), 'not-found')
    await admins.removeTokenOf('ann', key.id)
    await rejectsWith(admins.removeTokenOf('ann', key.id), 'not-found')
    await add('4', 'ann', 'token')
    await admins.removeTokensOf('ann', '1')
    assert.deepEqual(
      (await admins.listTokens('ann', 1)).map(({ tokenHash }) => tokenHash),
      ['1'],
    )
    assert.deepEqual(await admins.listTokens('bob', 1), [other])
  })

  test('makes a token only on grounds that hold', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const { admins } = database
    const ann = await admins.add(adminNamed('ann', { passwordHash: 'first' }), 1)
    const bob = await admins.add(adminNamed('bob', { status: 'disabled' }), 1)
    const common = { kind: 'key', name: '', createdAt: 5, expiresAt: 50 } as const
    const token = (tokenHash: string, adminUsername = 'ann') => ({ ...common, tokenHash, adminUsername })
    await admins.addToken(token('1'), { admin: ann })
    await admins.addToken(token('2'), { admin: ann, askedBy: '1' })
    for (const [grounds, adminUsername] of [
      [{ admin: { ...ann, passwordHash: 'other' } }],
      [{ admin: { ...ann, source: 'thinger' } }],
      [{ admin: { ...ann, id: bob.id } }],
      [{ admin: ann, askedBy: 'unknown' }],
      [{ admin: ann }, 'bob'],
      [{ admin: bob }, 'bob'],
    ] as const)
      await rejectsWith(admins.addToken(token('3', adminUsername), grounds), 'access-denied')
    assert.equal((await admins.listTokens('ann', 1)).length, 2)
    assert.equal((await admins.listTokens('bob', 1)).length, 0)
  })

  test('no token that is made while its admin is changed outlives the change', async () => {
    await using world = await openWorld()
    await using one = await world.open()
    await using other = await world.open()
    let ann = await one.admins.add(adminNamed('ann', { passwordHash: '0' }), 1)
    const common = { kind: 'session', name: '', adminUsername: 'ann', createdAt: 5, expiresAt: 50 } as const
    for (let round = 1; round <= 20; round++) {
      const made = Array.from({ length: 8 }, (_, i) =>
        one.admins.addToken({ ...common, tokenHash: `${round}-${i}` }, { admin: ann }),
      )
      const change = adminNamed('ann', { passwordHash: String(round) })
      const [changed] = await Promise.all([other.admins.replace(change, round, {}), Promise.allSettled(made)])
      ann = changed
      assert.deepEqual(await one.admins.listTokens('ann', 1), [], `round ${round}`)
    }
  })
}
