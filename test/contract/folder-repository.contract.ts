import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import {
  difficultNames,
  folderNamed,
  mountOf,
  rejectsWith,
  userNamed,
  wholePage,
  type OpenWorld,
} from './repository-world.ts'

export function folderRepositoryContract(openWorld: OpenWorld): void {
  test('gives back a folder as it was added or replaced', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const settings = { name: 'one', mappedPath: '/srv/a b', description: 'first' }
    const added = await database.folders.add(settings)
    const counters = { usedQuotaSize: 0, usedQuotaFiles: 0, lastQuotaUpdate: 0 }
    assert.deepEqual(added, { ...settings, ...counters, id: added.id, users: [] })
    assert.deepEqual(await database.folders.find('one'), added)
    const changes = { name: 'one', mappedPath: '/srv/other', description: 'second' }
    assert.deepEqual(await database.folders.replace(changes), { ...added, ...changes })
    assert.deepEqual(await database.folders.find('one'), { ...added, ...changes })
    // Where it lies stays unless it is told.
    const described = { name: 'one', description: 'third' }
    assert.deepEqual(await database.folders.replace(described), { ...added, ...changes, ...described })
    await rejectsWith(database.folders.add(settings), 'already-exists')
    await rejectsWith(database.folders.replace(folderNamed('missing')), 'not-found')
    await rejectsWith(database.folders.remove('missing'), 'not-found')
    assert.equal(await database.folders.find('One'), undefined)
  })

  test('lists, sorts by bytes, searches and pages', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    for (const name of difficultNames) await database.folders.add(folderNamed(name))
    const sorted = difficultNames.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const list = async (page: Partial<typeof wholePage> & { search?: string }) =>
      (await database.folders.list({ ...wholePage, ...page })).map((folder) => folder.name)
    assert.deepEqual(await list({}), sorted)
    assert.deepEqual(await list({ order: 'DESC', offset: 1, limit: 2 }), sorted.toReversed().slice(1, 3))
    assert.deepEqual(await list({ search: '%_SURE' }), ['100%_sure'])
    assert.deepEqual(await list({ search: "'); DROP" }), ["Robert'); drop table users;--"])
  })

  test('finds many by name and leaves out those that do not exist', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    for (const name of difficultNames) await database.folders.add(folderNamed(name))
    const found = await database.folders.findAll([...difficultNames, 'missing', 'nul\0'])
    assert.deepEqual(new Set(found.map((folder) => folder.name)), new Set(difficultNames))
    assert.deepEqual(await database.folders.findAll([]), [])
  })

  test('names the users that have it mounted', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    for (const name of ['empty', 'shared']) await database.folders.add(folderNamed(name))
    for (const name of ['b', 'a', 'C'])
      await database.users.add(userNamed(name, { folders: [mountOf('shared')] }), 1)
    assert.deepEqual((await database.folders.find('shared'))?.users, ['C', 'a', 'b'])
    const listed = await database.folders.list({ ...wholePage, limit: 2 })
    assert.deepEqual(
      listed.map((folder) => [folder.name, folder.users]),
      [
        ['empty', []],
        ['shared', ['C', 'a', 'b']],
      ],
    )
  })

  test('takes its mounts and marks away when it is removed', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    for (const name of ['gone', 'kept']) await database.folders.add(folderNamed(name))
    await database.users.add(userNamed('ann', { folders: [mountOf('gone'), mountOf('kept')] }), 1)
    await database.quota.clearUnsettled({ kind: 'user', name: 'ann' })
    await database.folders.remove('gone')
    assert.deepEqual((await database.users.find('ann'))?.folders, [mountOf('kept')])
    assert.equal(await world.countRows('user_folders'), 1)
    assert.deepEqual(await database.quota.listUnsettled(), [
      { kind: 'folder', name: 'kept' },
      // The folder was counted in her own space.
      { kind: 'user', name: 'ann' },
    ])
  })

  test('is removed while users that mount it are changed, and nobody waits for ever', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    for (let round = 0; round < 5; round++) {
      for (const name of ['one', 'two']) await database.folders.add(folderNamed(name))
      const users = ['a', 'b', 'c', 'd'].map((name) => `${name}${round}`)
      const folders = [mountOf('one'), mountOf('two')]
      for (const name of users) await database.users.add(userNamed(name, { folders }), 1)
      const replaced = users.map((name) => database.users.replace(userNamed(name, { folders }), 2))
      const results = await Promise.allSettled([...replaced, database.folders.remove('two')])
      assert.equal(results.at(-1)?.status, 'fulfilled')
      for (const result of results)
        if (result.status === 'rejected')
          assert.ok(hasCode(result.reason, 'not-found'), String(result.reason))
      for (const name of users) assert.deepEqual((await database.users.find(name))?.folders, [mountOf('one')])
      await database.folders.remove('one')
    }
  })
}
