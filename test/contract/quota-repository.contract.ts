import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QuotaAccount } from '../../src/core/accounts/repositories.ts'
import type { VirtualPath } from '../../src/core/files/virtual-path.ts'
import type { Database } from '../../src/database/database.ts'
import {
  difficultNames,
  folderNamed,
  mountOf,
  rejectsWith,
  userNamed,
  type OpenWorld,
} from './repository-world.ts'

const ann: QuotaAccount = { kind: 'user', name: 'ann' }
const shared: QuotaAccount = { kind: 'folder', name: 'shared' }

export function quotaRepositoryContract(openWorld: OpenWorld): void {
  test('counts users and folders apart, also of the same name', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.users.add(userNamed('ann'), 1)
    await database.users.add(userNamed('bob'), 1)
    await database.folders.add(folderNamed('ann'))
    await database.quota.add(ann, { size: 6_000_000_000_000, files: 2 }, 9)
    await database.quota.add({ kind: 'folder', name: 'ann' }, { size: 1, files: 1 }, 9)
    assert.deepEqual(await database.quota.usage(ann), { size: 6_000_000_000_000, files: 2 })
    assert.deepEqual(await database.quota.usage({ kind: 'folder', name: 'ann' }), { size: 1, files: 1 })
    assert.deepEqual(await database.quota.usage({ kind: 'user', name: 'bob' }), { size: 0, files: 0 })
    const user = await database.users.find('ann')
    assert.deepEqual(
      [user?.usedQuotaSize, user?.usedQuotaFiles, user?.lastQuotaUpdate, user?.updatedAt],
      [6_000_000_000_000, 2, 9, 1],
    )
    const folder = await database.folders.find('ann')
    assert.deepEqual([folder?.usedQuotaSize, folder?.usedQuotaFiles, folder?.lastQuotaUpdate], [1, 1, 9])
  })

  test('never becomes negative, each counter for itself', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.users.add(userNamed('ann'), 1)
    await database.quota.set(ann, { size: 10, files: 3 }, 1)
    await database.quota.add(ann, { size: -11, files: -1 }, 2)
    assert.deepEqual(await database.quota.usage(ann), { size: 0, files: 2 })
    await database.quota.add(ann, { size: 5, files: -9 }, 3)
    assert.deepEqual(await database.quota.usage(ann), { size: 5, files: 0 })
    await database.quota.set(ann, { size: -1, files: -1 }, 4)
    assert.deepEqual(await database.quota.usage(ann), { size: 0, files: 0 })
  })

  test('is exact when many add at the same time while the accounts are replaced', async () => {
    await using world = await openWorld()
    await using one = await world.open()
    await using other = await world.open()
    await one.users.add(userNamed('ann'), 1)
    await one.folders.add(folderNamed('shared'))
    const changes = Array.from({ length: 100 }, (_, i) =>
      (i % 2 ? one : other).quota.add(i % 4 < 2 ? ann : shared, { size: 1_000 + i, files: 1 }, i),
    )
    const replacements = Array.from({ length: 10 }, (_, i) => [
      other.users.replace(userNamed('ann', { email: String(i) }), i),
      one.folders.replace(folderNamed('shared', { description: String(i) })),
    ]).flat()
    await Promise.all([...changes, ...replacements])
    const expected = (pick: (i: number) => boolean) =>
      Array.from({ length: 100 }, (_, i) => (pick(i) ? 1_000 + i : 0)).reduce((a, b) => a + b)
    assert.deepEqual(await one.quota.usage(ann), { size: expected((i) => i % 4 < 2), files: 50 })
    assert.deepEqual(await one.quota.usage(shared), { size: expected((i) => i % 4 >= 2), files: 50 })
  })

  test('says that an account is unknown', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.users.add(userNamed('ann'), 1)
    await database.quota.clearUnsettled(ann)
    const some = { size: 1, files: 1 }
    for (const unknown of [
      { kind: 'user', name: 'Ann' } as const,
      { kind: 'folder', name: 'ann' } as const,
    ]) {
      await rejectsWith(database.quota.usage(unknown), 'not-found')
      await rejectsWith(database.quota.add(unknown, some, 1), 'not-found')
      await rejectsWith(database.quota.set(unknown, some, 1), 'not-found')
      await rejectsWith(database.quota.markUnsettled(unknown), 'not-found')
      await database.quota.clearUnsettled(unknown)
    }
    assert.deepEqual(await database.quota.listUnsettled(), [])
  })

  test('remembers unsettled accounts, once each, until they are cleared', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.folders.add(folderNamed('ann'))
    for (const name of ['ann', ...difficultNames]) await database.users.add(userNamed(name), 1)
    const accounts: QuotaAccount[] = [
      { kind: 'folder', name: 'ann' },
      ...['ann', ...difficultNames].map((name) => ({ kind: 'user', name }) as const),
    ]
    for (const account of accounts) await database.quota.clearUnsettled(account)
    assert.deepEqual(await database.quota.listUnsettled(), [])
    await Promise.all([...accounts, ...accounts].map((account) => database.quota.markUnsettled(account)))
    const listed = await database.quota.listUnsettled()
    assert.equal(listed.length, accounts.length)
    assert.deepEqual(
      new Set(listed.map((account) => JSON.stringify(account))),
      new Set(accounts.map((a) => JSON.stringify(a))),
    )
    for (const account of accounts.slice(1)) await database.quota.clearUnsettled(account)
    assert.deepEqual(await database.quota.listUnsettled(), [{ kind: 'folder', name: 'ann' }])
  })

  test('an account that is new or lies elsewhere is marked with the change itself, and no other is', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const { users, folders } = database
    const marks = marksOf(database)
    await folders.add(folderNamed('shared'))
    assert.deepEqual(await marks(), ['folder shared'])
    const apart = { ...mountOf('shared'), quotaSize: 0, quotaFiles: 0 }
    await users.add(userNamed('ann', { folders: [apart] }), 1)
    assert.deepEqual(await marks(), ['folder shared', 'user ann'])
    await users.add(userNamed('bob', { folders: [mountOf('shared')] }), 1)
    await users.add(userNamed('eve', { folders: [{ ...apart, virtualPath: '/' as VirtualPath }] }), 1)
    await marks()
    await users.replace(userNamed('bob', { folders: [mountOf('shared')], quotaSize: 7 }), 2)
    await folders.replace(folderNamed('shared', { description: 'other' }))
    assert.deepEqual(await marks(), [])
    await users.replace(userNamed('bob', { folders: [mountOf('shared')], homeDir: '/srv/other' }), 3)
    assert.deepEqual(await marks(), ['user bob'])
    await folders.replace(folderNamed('shared', { mappedPath: '/srv/moved' }))
    assert.deepEqual(await marks(), ['folder shared', 'user bob'])
    await rejectsWith(users.add(userNamed('joe', { folders: [mountOf('missing')] }), 4), 'not-found')
    await rejectsWith(users.add(userNamed('ann'), 4), 'already-exists')
    await rejectsWith(folders.replace(folderNamed('missing')), 'not-found')
    assert.deepEqual(await marks(), [])
    await folders.remove('shared')
    assert.deepEqual(await marks(), ['user bob', 'user eve'], 'what a folder hid is counted as well')
  })

  test('thousands of users whose folder moves are marked', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.folders.add(folderNamed('shared'))
    for (let i = 0; i < 2100; i++)
      await database.users.add(userNamed(`user-${i}`, { folders: [mountOf('shared')] }), 1)
    await world.execute('delete from unsettled_accounts')
    await database.folders.replace(folderNamed('shared', { mappedPath: '/srv/moved' }))
    assert.equal(await world.countRows('unsettled_accounts'), 2101)
  })
}

/** What was marked since the last time. */
export function marksOf({ quota }: Pick<Database, 'quota'>): () => Promise<string[]> {
  return async () => {
    const marked = await quota.listUnsettled()
    for (const account of marked) await quota.clearUnsettled(account)
    return marked.map(({ kind, name }) => `${kind} ${name}`)
  }
}
