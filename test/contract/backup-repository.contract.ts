import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdminSettings } from '../../src/core/accounts/admin.ts'
import type { FolderSettings } from '../../src/core/accounts/folder.ts'
import type { UserSettings } from '../../src/core/accounts/user.ts'
import type { RestoreSteps, Steps } from '../../src/core/backups/restore-plan.ts'
import { marksOf } from './quota-repository.contract.ts'
import {
  adminNamed,
  elaborateSettings,
  folderNamed,
  mountOf,
  rejectsWith,
  userNamed,
  type OpenWorld,
} from './repository-world.ts'

const nothing = { add: [], replace: [], remove: [], unchanged: 0 }

function steps(parts: {
  users?: Partial<Steps<UserSettings>>
  folders?: Partial<Steps<FolderSettings>>
  admins?: Partial<Steps<AdminSettings>>
  settings?: Partial<RestoreSteps['settings']>
}): RestoreSteps {
  return {
    users: { ...nothing, ...parts.users },
    folders: { ...nothing, ...parts.folders },
    admins: { ...nothing, ...parts.admins },
    settings: { add: new Map(), replace: new Map(), unchanged: 0, ...parts.settings },
  }
}

export function backupRepositoryContract(openWorld: OpenWorld): void {
  test('gives all accounts and settings as admins set them', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const folder = folderNamed('shared', { description: 'for all' })
    await database.folders.add(folder)
    const user = { ...elaborateSettings, username: 'ann', folders: [mountOf('shared')] }
    await database.users.add(user, 1)
    const admin = adminNamed('root', { passwordHash: 'x', permissions: ['view_users'] })
    await database.admins.add(admin, 1)
    await database.settings.save(
      new Map<string, unknown>([
        ['backup_keep', 3],
        ['backup_passphrase', 'secret'],
      ]),
    )
    assert.deepEqual(await database.backups.read(), {
      users: [user],
      folders: [folder],
      admins: [admin],
      settings: new Map([['backup_keep', 3]]),
    })
  })

  test('adds, replaces and removes, and leaves used quotas and everything else as it was', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const { users, folders, admins, settings, quota } = database
    for (const name of ['stays', 'changes', 'goes']) {
      await folders.add(folderNamed(name))
      await users.add(userNamed(name, { folders: [mountOf(name)] }), 1)
      await admins.add(adminNamed(name), 1)
      await quota.add({ kind: 'user', name }, { size: 5, files: 1 }, 1)
      await quota.add({ kind: 'folder', name }, { size: 7, files: 2 }, 1)
    }
    await settings.save(new Map([['login_grace', 1]]))
    const marks = marksOf(database)
    await marks()
    const untouched = [await users.find('stays'), await folders.find('stays'), await admins.find('stays')]
    const changed = userNamed('changes', { folders: [mountOf('new'), mountOf('stays')] })
    await database.backups.restore((present) => {
      assert.deepEqual(
        present.users.map(({ username }) => username),
        ['changes', 'goes', 'stays'],
      )
      const before = present.users[0] ?? assert.fail()
      return steps({
        users: {
          add: [userNamed('new', { folders: [mountOf('new')] })],
          replace: [{ before, after: changed, fields: ['folders'] }],
          remove: [userNamed('goes')],
        },
        folders: {
          add: [folderNamed('new')],
          replace: [
            {
              before: folderNamed('changes'),
              after: folderNamed('changes', { mappedPath: '/srv/moved' }),
              fields: ['mapped_path'],
            },
          ],
          remove: [folderNamed('goes')],
        },
        admins: {
          add: [adminNamed('new')],
          replace: [
            {
              before: adminNamed('changes'),
              after: adminNamed('changes', { email: 'x@y' }),
              fields: ['email'],
            },
          ],
          remove: [adminNamed('goes')],
        },
        settings: { add: new Map([['backup_keep', 3]]), replace: new Map([['login_grace', 9]]) },
      })
    }, 5)
    assert.deepEqual(
      await marks(),
      ['folder changes', 'folder new', 'user changes', 'user new'],
      'what is not counted yet is known in the same moment',
    )
    const content = await database.backups.read()
    assert.deepEqual(
      [content.users, content.folders, content.admins].map((list) =>
        list.map((each) => ('username' in each ? each.username : each.name)),
      ),
      [
        ['changes', 'new', 'stays'],
        ['changes', 'new', 'stays'],
        ['changes', 'new', 'stays'],
      ],
    )
    assert.deepEqual(content.users[0], changed)
    assert.equal(content.folders[0]?.mappedPath, '/srv/moved')
    assert.equal(content.admins[0]?.email, 'x@y')
    assert.deepEqual(
      content.settings,
      new Map([
        ['backup_keep', 3],
        ['login_grace', 9],
      ]),
    )
    assert.deepEqual(await quota.usage({ kind: 'user', name: 'changes' }), { size: 5, files: 1 })
    assert.deepEqual(await quota.usage({ kind: 'folder', name: 'changes' }), { size: 7, files: 2 })
    assert.deepEqual(await quota.usage({ kind: 'user', name: 'new' }), { size: 0, files: 0 })
    assert.deepEqual(
      [
        await users.find('stays'),
        { ...(await folders.find('stays')), users: ['stays'] },
        await admins.find('stays'),
      ],
      untouched,
    )
    assert.deepEqual((await folders.find('stays'))?.users, ['changes', 'stays'])
  })

  test('does nothing at all when a step fails or the plan throws', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.users.add(userNamed('ann'), 1)
    const marks = marksOf(database)
    await marks()
    const before = await database.backups.read()
    const failing = steps({
      folders: { add: [folderNamed('new')] },
      admins: { add: [adminNamed('new')] },
      users: { remove: [userNamed('ann')], add: [userNamed('bob', { folders: [mountOf('missing')] })] },
    })
    await rejectsWith(
      database.backups.restore(() => failing, 5),
      'not-found',
    )
    const plan = () => {
      throw new RangeError('no plan')
    }
    await assert.rejects(database.backups.restore(plan, 5), RangeError)
    assert.deepEqual(await database.backups.read(), before)
    assert.deepEqual(await marks(), [])
    await database.users.remove('ann')
  })

  test('ends the tokens of admins whose password, source or status changes', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const { admins } = database
    const changes: Record<string, Partial<AdminSettings>> = {
      password: { passwordHash: 'other' },
      source: { source: 'thinger' },
      status: { status: 'disabled' },
      description: { description: 'other' },
    }
    for (const name of Object.keys(changes)) {
      const admin = await admins.add(adminNamed(name), 1)
      const token = { kind: 'key', name, adminUsername: name, createdAt: 1, expiresAt: 50 } as const
      await admins.addToken({ ...token, tokenHash: name }, { admin })
    }
    const replace = Object.entries(changes).map(([name, change]) => ({
      before: adminNamed(name),
      after: adminNamed(name, change),
      fields: [],
    }))
    await database.backups.restore(() => steps({ admins: { replace } }), 5)
    const kept = await Promise.all(Object.keys(changes).map((name) => admins.listTokens(name, 2)))
    assert.deepEqual(
      kept.flat().map(({ name }) => name),
      ['description'],
    )
  })

  test('restores thousands of users while others read', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const add = Array.from({ length: 2000 }, (_, i) => userNamed(`user-${i}`))
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await Promise.all([
      database.backups.restore(() => steps({ users: { add } }), 5),
      database.users.find('user-1'),
    ])
    clearInterval(timer)
    assert.equal(await database.users.count(), 2000)
    assert.ok(turns >= 10, `${turns} turns of the event loop`)
  })
}
