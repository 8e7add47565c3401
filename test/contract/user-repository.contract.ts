import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import type { User } from '../../src/core/accounts/user.ts'
import {
  difficultNames,
  elaborateSettings,
  folderNamed,
  mountOf,
  rejectsWith,
  userNamed,
  wholePage,
  type OpenWorld,
} from './repository-world.ts'

const names = (users: readonly User[]): string[] => users.map((user) => user.username)

export function userRepositoryContract(openWorld: OpenWorld): void {
  test('gives back every setting as it was added', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    for (const name of ['one', 'two', 'three']) await database.folders.add(folderNamed(name))
    const folders = [
      { ...mountOf('two', '/z'), quotaSize: 5_000_000_000, quotaFiles: 7 },
      mountOf('three', '/a/b'),
      mountOf('one', '/m'),
    ]
    const settings = userNamed('ann', { ...elaborateSettings, folders })
    const added = await database.users.add(settings, 1_700_000_000_123)
    assert.deepEqual(added, {
      ...settings,
      id: added.id,
      usedQuotaSize: 0,
      usedQuotaFiles: 0,
      lastQuotaUpdate: 0,
      createdAt: 1_700_000_000_123,
      updatedAt: 1_700_000_000_123,
      lastLogin: 0,
      lastPasswordChange: 1_700_000_000_123,
    })
    assert.deepEqual(await database.users.find('ann'), added)
    assert.deepEqual(await database.users.list(wholePage), [added])
  })

  test('finds nobody under an unknown name, also not under one that no row can have', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.users.add(userNamed('ann\ufffd'), 1)
    for (const name of ['nobody', '', 'ann', 'ann\ud800', 'ann\0', "' or '1'='1"])
      assert.equal(await database.users.find(name), undefined)
  })

  test('refuses a name that cannot be stored as it is', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    for (const name of ['nul\0', 'half\ud83d'])
      await rejectsWith(database.users.add(userNamed(name), 1), 'invalid-argument')
    assert.equal(await database.users.count(), 0)
  })

  test('tells names apart by bytes and sorts them so, upwards and downwards, page by page', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    for (const name of difficultNames) await database.users.add(userNamed(name, { description: name }), 1)
    for (const name of difficultNames) assert.equal((await database.users.find(name))?.description, name)
    const sorted = difficultNames.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    assert.deepEqual(names(await database.users.list(wholePage)), sorted)
    assert.deepEqual(names(await database.users.list({ ...wholePage, order: 'DESC' })), sorted.toReversed())
    assert.deepEqual(
      names(await database.users.list({ offset: 2, limit: 3, order: 'ASC' })),
      sorted.slice(2, 5),
    )
    assert.deepEqual(await database.users.list({ offset: 99, limit: 3, order: 'ASC' }), [])
    assert.equal(await database.users.count(), difficultNames.length)
  })

  test('counts users, not mounts, in a page', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    for (const name of ['one', 'two']) await database.folders.add(folderNamed(name))
    const folders = [mountOf('two'), mountOf('one')]
    for (const name of ['a', 'b', 'c', 'd']) await database.users.add(userNamed(name, { folders }), 1)
    const page = await database.users.list({ offset: 1, limit: 2, order: 'ASC' })
    assert.deepEqual(names(page), ['b', 'c'])
    for (const user of page) assert.deepEqual(user.folders, folders)
  })

  test('searches names, e-mail addresses and descriptions, ignoring case but taking signs literally', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.users.add(userNamed('Ärger_1', { email: 'One@Example.com' }), 1)
    await database.users.add(userNamed('plain', { description: '50% OFF\\' }), 1)
    await database.users.add(userNamed('X1', { description: 'ends with x' }), 1)
    const found = {
      ärger: ['Ärger_1'],
      ÄRGER_: ['Ärger_1'],
      'one@': ['Ärger_1'],
      '%': ['plain'],
      _: ['Ärger_1'],
      '0% off\\': ['plain'],
      x1: ['X1'],
      x: ['X1', 'Ärger_1'],
      "' or 1=1 --": [],
      "%' --": [],
      xe: [],
    }
    for (const [search, expected] of Object.entries(found))
      assert.deepEqual(names(await database.users.list({ ...wholePage, search })), expected, search)
    await rejectsWith(database.users.list({ ...wholePage, search: 'x'.repeat(100_000) }), 'invalid-argument')
  })

  test('adds a name once, however many add it at the same time', async () => {
    await using world = await openWorld()
    await using one = await world.open()
    await using other = await world.open()
    const results = await Promise.allSettled(
      Array.from({ length: 16 }, (_, i) =>
        (i % 2 ? one : other).users.add(userNamed('wanted', { description: String(i) }), 1),
      ),
    )
    const refused = results.filter((result) => result.status === 'rejected')
    assert.equal(refused.length, 15)
    for (const { reason } of refused) assert.ok(hasCode(reason, 'already-exists'), String(reason))
    assert.equal(await one.users.count(), 1)
  })

  test('adds nothing when a folder is unknown or mounted twice', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    for (const name of ['one', 'two']) await database.folders.add(folderNamed(name))
    const add = (...folders: ReturnType<typeof mountOf>[]) =>
      database.users.add(userNamed('ann', { folders }), 1)
    await rejectsWith(add(mountOf('one'), mountOf('missing')), 'not-found')
    await rejectsWith(add(mountOf('one', '/a'), mountOf('one', '/b')), 'invalid-argument')
    await rejectsWith(add(mountOf('one', '/a'), mountOf('two', '/a')), 'invalid-argument')
    assert.equal(await database.users.count(), 0)
  })

  test('replaces settings and mounts together, or nothing', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    for (const name of ['one', 'two']) await database.folders.add(folderNamed(name))
    const added = await database.users.add(userNamed('ann', { folders: [mountOf('one')] }), 1)
    await database.users.add(userNamed('bob', { folders: [mountOf('one')] }), 1)
    const settings = userNamed('ann', { ...elaborateSettings, folders: [mountOf('two')] })
    const { before, after: replaced } = await database.users.replace(settings, 5)
    assert.deepEqual(before, added)
    assert.deepEqual(replaced, {
      ...replaced,
      ...settings,
      createdAt: 1,
      updatedAt: 5,
      lastPasswordChange: 5,
    })
    assert.deepEqual(await database.users.find('ann'), replaced)
    await rejectsWith(
      database.users.replace(userNamed('ann', { folders: [mountOf('one'), mountOf('missing')] }), 9),
      'not-found',
    )
    assert.deepEqual(await database.users.find('ann'), replaced)
    assert.deepEqual((await database.users.find('bob'))?.folders, [mountOf('one')])
    await rejectsWith(database.users.replace(userNamed('ANN'), 9), 'not-found')
  })

  test('takes changes of several processes one after the other', async () => {
    await using world = await openWorld()
    await using one = await world.open()
    await using other = await world.open()
    for (const name of ['one', 'two']) await one.folders.add(folderNamed(name))
    const version = (name: string) => userNamed('ann', { description: name, folders: [mountOf(name)] })
    await one.users.add(version('one'), 1)
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 ? one.users.replace(version('one'), i) : other.users.replace(version('two'), i),
      ),
    )
    const user = await one.users.find('ann')
    assert.deepEqual(user?.folders, [mountOf(user?.description ?? '')])
  })

  test('keeps a password and a status that a replacement leaves out, whoever changes them meanwhile', async () => {
    await using world = await openWorld()
    await using one = await world.open()
    await using other = await world.open()
    await one.users.add(userNamed('ann', { passwordHash: '0', status: 'disabled' }), 1)
    const { passwordHash: _hash, status: _status, ...change } = userNamed('ann')
    const replacing = Array.from({ length: 30 }, (_, i) =>
      one.users.replace({ ...change, email: String(i) }, 2),
    )
    for (let i = 0; i < 10; i++) await other.users.changePassword('ann', String(i), String(i + 1), 3)
    for (const { before, after } of await Promise.all(replacing)) {
      assert.equal(after.passwordHash, before.passwordHash)
      assert.equal(after.lastPasswordChange, before.lastPasswordChange)
    }
    const user = await one.users.find('ann')
    assert.deepEqual([user?.passwordHash, user?.status], ['10', 'disabled'])
  })

  test('lets one of many changes win that were made from the same reading, and refuses the others', async () => {
    await using world = await openWorld()
    await using one = await world.open()
    await using other = await world.open()
    await one.users.add(userNamed('ann'), 1)
    await one.users.recordLogin('ann', 2)
    const changes = await Promise.allSettled(
      Array.from({ length: 16 }, (_, i) =>
        (i % 2 ? one : other).users.replace(userNamed('ann', { email: String(i) }), 3, 1),
      ),
    )
    const [won, ...more] = changes.filter((change) => change.status === 'fulfilled')
    assert.ok(won && more.length === 0)
    for (const change of changes)
      if (change.status === 'rejected') assert.ok(hasCode(change.reason, 'busy'), String(change.reason))
    assert.deepEqual(await one.users.find('ann'), won.value.after)
    await one.users.changePublicKeys('ann', ['key'], 4)
    await rejectsWith(one.users.replace(userNamed('ann'), 5, 3), 'busy')
    assert.deepEqual((await one.users.find('ann'))?.publicKeys, ['key'])
    await rejectsWith(one.users.replace(userNamed('bob'), 5, 3), 'not-found')
    assert.equal((await one.users.replace(userNamed('ann'), 5, 4)).after.updatedAt, 5)
  })

  test('knows when the password changed', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const changed = async () => (await database.users.find('ann'))?.lastPasswordChange
    await database.users.add(userNamed('ann'), 1)
    assert.equal(await changed(), 0)
    await database.users.replace(userNamed('ann', { passwordHash: 'first' }), 2)
    assert.equal(await changed(), 2)
    await database.users.replace(userNamed('ann', { passwordHash: 'first', email: 'new' }), 3)
    assert.equal(await changed(), 2)
    await database.users.replace(userNamed('ann', { passwordHash: 'second' }), 4)
    assert.equal(await changed(), 4)
  })

  test('changes a password, and nothing but it, only where it is the one that was checked', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.folders.add(folderNamed('one'))
    const folders = [mountOf('one')]
    const before = await database.users.add(userNamed('ann', { ...elaborateSettings, folders }), 1)
    await database.users.add(userNamed('bob', { passwordHash: 'his' }), 1)
    await database.users.changePassword('ann', before.passwordHash, 'next', 5)
    const after = { ...before, passwordHash: 'next', lastPasswordChange: 5, updatedAt: 5 }
    assert.deepEqual(await database.users.find('ann'), after)
    await rejectsWith(database.users.changePassword('ann', before.passwordHash, 'late', 6), 'busy')
    await rejectsWith(database.users.changePassword('Ann', 'next', 'late', 6), 'not-found')
    assert.deepEqual(await database.users.find('ann'), after)
    assert.equal((await database.users.find('bob'))?.passwordHash, 'his')
  })

  test('changes the keys of one user, and nothing but them', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const before = await database.users.add(userNamed('ann', elaborateSettings), 1)
    const publicKeys = ['ssh-ed25519 AAAA é', 'ssh-ed25519 BBBB']
    await database.users.changePublicKeys('ann', publicKeys, 5)
    assert.deepEqual(await database.users.find('ann'), { ...before, publicKeys, updatedAt: 5 })
    await rejectsWith(database.users.changePublicKeys('Ann', [], 6), 'not-found')
    await rejectsWith(database.users.changePublicKeys('Ann', [], 6, []), 'not-found')
    for (const others of [[], publicKeys.slice(1), publicKeys.toReversed()])
      await rejectsWith(database.users.changePublicKeys('ann', ['ssh-ed25519 C'], 6, others), 'busy')
    assert.deepEqual((await database.users.find('ann'))?.publicKeys, publicKeys)
    await database.users.changePublicKeys('ann', ['ssh-ed25519 C'], 7, publicKeys)
    assert.deepEqual(await database.users.find('ann'), {
      ...before,
      publicKeys: ['ssh-ed25519 C'],
      updatedAt: 7,
    })
  })

  test('records a login without saying that an admin changed the user', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const added = await database.users.add(userNamed('ann', { passwordHash: 'old' }), 1)
    await database.users.recordLogin('ann', 7)
    assert.deepEqual(await database.users.find('ann'), { ...added, lastLogin: 7 })
    await rejectsWith(database.users.recordLogin('Ann', 7), 'not-found')
  })

  test('removes a user with its mounts and marks, and never gives its id to another', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.folders.add(folderNamed('one'))
    const removed = await database.users.add(userNamed('ann', { folders: [mountOf('one')] }), 1)
    assert.ok(await world.countRows('unsettled_accounts'))
    for (const { kind, name } of await database.quota.listUnsettled())
      if (kind === 'folder') await database.quota.clearUnsettled({ kind, name })
    await database.users.remove('ann')
    assert.equal(await database.users.find('ann'), undefined)
    assert.equal(await world.countRows('user_folders'), 0)
    assert.equal(await world.countRows('unsettled_accounts'), 0)
    await rejectsWith(database.users.remove('ann'), 'not-found')
    const again = await database.users.add(userNamed('ann'), 1)
    assert.ok(again.id > removed.id)
    assert.deepEqual(again.folders, [])
  })

  test('shows a user before or after a change, never a mixture', async () => {
    await using world = await openWorld()
    await using writer = await world.open()
    await using reader = await world.open()
    for (const name of ['one', 'two']) await writer.folders.add(folderNamed(name))
    const version = (name: string) => userNamed('ann', { description: name, folders: [mountOf(name)] })
    await writer.users.add(version('one'), 1)
    let isWriting = true
    const write = async () => {
      for (let i = 0; i < 50; i++) await writer.users.replace(version(i % 2 ? 'one' : 'two'), i)
      isWriting = false
    }
    const read = async () => {
      while (isWriting) {
        const user = await reader.users.find('ann')
        assert.deepEqual(user?.folders, [mountOf(user?.description ?? '')])
      }
    }
    await Promise.all([write(), read()])
  })
}
