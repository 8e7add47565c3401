import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rejectsWith, type OpenWorld } from './repository-world.ts'

export function settingsRepositoryContract(openWorld: OpenWorld): void {
  test('keeps values of every kind until they are replaced or forgotten', async () => {
    await using world = await openWorld()
    const values = new Map<string, unknown>([
      ['a number', 0],
      ['a text', `"quoted" 'text'\n日本語 👩‍👩‍👧‍👦`],
      ['an object', { list: [1, null], flag: false }],
    ])
    {
      await using database = await world.open()
      assert.deepEqual(await database.settings.list(), new Map())
      await database.settings.save(values)
    }
    await using database = await world.open()
    assert.deepEqual(await database.settings.list(), values)
    await database.settings.save(
      new Map<string, unknown>([
        ['a number', 7],
        ['a text', undefined],
        ['unknown', undefined],
      ]),
    )
    assert.deepEqual(
      [...(await database.settings.list())],
      [
        ['a number', 7],
        ['an object', { list: [1, null], flag: false }],
      ],
    )
  })

  test('saves all of a change or nothing', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const change = new Map([
      ['one', 1],
      ['not storable \0', 2],
    ])
    await rejectsWith(database.settings.save(change), 'invalid-argument')
    assert.deepEqual(await database.settings.list(), new Map())
  })

  test('refuses a stored value that cannot be read', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.settings.save(new Map([['one', 1]]))
    await world.execute(`update settings set value = '{'`)
    await rejectsWith(database.settings.list(), 'storage-failure')
  })
}
