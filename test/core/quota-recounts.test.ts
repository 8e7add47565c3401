import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { AccountService, type UserInput } from '../../src/core/accounts/account-service.ts'
import type { QuotaAccount } from '../../src/core/accounts/repositories.ts'
import type { FolderMount } from '../../src/core/accounts/user.ts'
import { FileServerError } from '../../src/core/errors.ts'
import { backupsOf } from './backups-of.ts'
import { at, CoreWorld, eventually, overwriting, put, scannerOf, userSettings } from './core-fixture.ts'

const bob: QuotaAccount = { kind: 'user', name: 'bob' }
const shared: QuotaAccount = { kind: 'folder', name: 'shared' }
const included: FolderMount = {
  ...{ folderName: 'shared', virtualPath: at('/shared') },
  ...{ quotaSize: -1, quotaFiles: -1 },
}
const apart: FolderMount = { ...included, quotaSize: 0, quotaFiles: 0 }

/** A world whose accounts are changed as admins change them, and counted as the product counts. */
async function openWorld() {
  const world = await CoreWorld.open()
  const scanner = scannerOf(world)
  const { users, folders } = world.database
  const { hasher, connections, bus: events, clock, storageRoot } = world
  const accounts = new AccountService({
    ...{ users, folders, hasher, connections, recounts: scanner, events, clock },
    roots: [storageRoot],
    usersBaseDir: storageRoot,
  })
  let [seen, lasts] = [0, 0]
  return {
    ...{ world, scanner, accounts },
    input(username: string, changes: Partial<UserInput> = {}): UserInput {
      const { passwordHash: _hash, ...settings } = userSettings(world, username)
      return { ...settings, password: `${username}-password`, ...changes }
    },
    async fill(directory: string, bytes: number): Promise<string> {
      const path = join(storageRoot, directory)
      await mkdir(path, { recursive: true })
      await writeFile(join(path, 'file'), Buffer.alloc(bytes))
      return path
    },
    async isCounted(account: QuotaAccount, size: number, files: number): Promise<void> {
      await eventually(async () => (await world.database.quota.usage(account)).size === size)
      await world.assertQuota(account, { size, files })
    },
    /** These were counted since the last time, and one more that is asked for now. */
    async areCounted(names: readonly string[]): Promise<void> {
      const last = `last-${++lasts}`
      const mappedPath = await this.fill(last, 1)
      await accounts.addFolder('root', { name: last, mappedPath, description: '' })
      const wanted = [...names, last].sort()
      const fresh = () =>
        new Set(
          world
            .eventsOf('quota-scanned')
            .slice(seen)
            .map(({ name }) => name),
        )
      await eventually(() => wanted.every((name) => fresh().has(name)))
      assert.deepEqual([...fresh()].sort(), wanted)
      seen = world.eventsOf('quota-scanned').length
    },
    async [Symbol.asyncDispose]() {
      await scanner[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

test('a user that is added again has used what lies in its home', async () => {
  await using fixture = await openWorld()
  const { world, accounts, input, isCounted } = fixture
  await accounts.addUser('root', input('bob'))
  const session = await world.openSession('bob')
  await put(session.files, '/f', Buffer.alloc(1000))
  await world.ledger.flush()
  await accounts.removeUser('root', 'bob')
  await session.close('the account was removed')
  await accounts.addUser('root', input('bob', { quotaSize: 1000 }))
  await isCounted(bob, 1000, 1)
})

test('a user that moves has used what lies in the new home, whatever it was writing in the old one', async () => {
  await using fixture = await openWorld()
  const { world, accounts, input, fill, isCounted } = fixture
  await accounts.addUser('root', input('bob'))
  const session = await world.openSession('bob')
  const upload = await session.files.openUpload(at('/f'), overwriting)
  await upload.write(0, [Buffer.alloc(500)])
  const homeDir = await fill('other', 70)
  await accounts.replaceUser('root', input('bob', { homeDir }))
  // It is told to end, and what it has written stays in the old home.
  assert.ok(session.signal.aborted)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await session.close('the account was changed')
  await isCounted(bob, 70, 1)
})

test('a folder that is counted apart, in the home or not at all any more is counted where it belongs', async () => {
  await using fixture = await openWorld()
  const { accounts, input, fill, isCounted } = fixture
  await fill('bob', 5)
  const mappedPath = await fill('shared', 300)
  await accounts.addFolder('root', { name: 'shared', mappedPath, description: '' })
  await isCounted(shared, 300, 1)
  await accounts.addUser('root', input('bob', { folders: [included] }))
  await isCounted(bob, 305, 2)
  await fill('shared', 400)
  await accounts.replaceUser('root', input('bob', { folders: [apart] }))
  await isCounted(bob, 5, 1)
  await isCounted(shared, 400, 1)
  await accounts.replaceUser('root', input('bob', { folders: [included] }))
  await isCounted(bob, 405, 2)
  const elsewhere = await fill('elsewhere', 20)
  await accounts.replaceFolder('root', { name: 'shared', mappedPath: elsewhere, description: '' })
  await isCounted(bob, 25, 2)
  await isCounted(shared, 20, 1)
  await accounts.removeFolder('root', 'shared')
  await isCounted(bob, 5, 1)
})

test('an account whose directory is not there yet has used nothing, and one whose directory is gone what it had', async () => {
  await using fixture = await openWorld()
  const { world, scanner, accounts, input, fill, isCounted } = fixture
  await fill('bob', 10)
  await accounts.addUser('root', input('bob'))
  await isCounted(bob, 10, 1)
  await rm(world.homeOf('bob'), { recursive: true })
  await world.database.quota.markUnsettled(bob)
  await scanner.recover()
  await isCounted(bob, 10, 1)
  await accounts.replaceUser('root', input('bob', { homeDir: join(world.storageRoot, 'not', 'yet') }))
  await isCounted(bob, 0, 0)
  world.turnClock(6_000)
  await eventually(async () => (await world.database.quota.listUnsettled()).length === 0)
})

test('what changes nothing about where an account lies is not counted', async () => {
  await using fixture = await openWorld()
  const { accounts, input, fill } = fixture
  const mappedPath = await fill('shared', 300)
  await accounts.addFolder('root', { name: 'shared', mappedPath, description: '' })
  await fixture.areCounted(['shared'])
  await fill('bob', 1)
  await accounts.addUser('root', input('bob', { folders: [apart] }))
  await fixture.areCounted(['bob', 'shared'])
  await accounts.replaceUser('root', input('bob', { folders: [{ ...apart, quotaSize: 7 }], quotaSize: 8 }))
  await accounts.replaceFolder('root', { name: 'shared', mappedPath, description: 'changed' })
  await fixture.areCounted([])
})

test('accounts that a backup brings back have used what lies in their directories', async () => {
  await using fixture = await openWorld()
  const { world, scanner, accounts, input, fill, isCounted } = fixture
  const { admins } = world.database
  const admin = { username: 'root', source: 'local', status: 'active', email: '', description: '' } as const
  await admins.add({ ...admin, passwordHash: '', permissions: ['*'] }, world.clock())
  const backups = (await backupsOf(world, scanner)).serviceWith(world.box)
  const mappedPath = await fill('shared', 300)
  await accounts.addFolder('root', { name: 'shared', mappedPath, description: '' })
  for (const [index, name] of ['bob', 'eve', 'joe'].entries()) {
    await fill(name, index + 1)
    await accounts.addUser('root', input(name, { folders: [index === 0 ? included : apart] }))
  }
  await fixture.areCounted(['bob', 'eve', 'joe', 'shared'])
  const { name } = await backups.make('root')
  await accounts.removeUser('root', 'bob')
  await accounts.replaceUser('root', input('eve', { homeDir: await fill('moved', 90) }))
  await accounts.replaceFolder('root', { name: 'shared', mappedPath: await fill('away', 7), description: '' })
  await fixture.areCounted(['eve', 'joe', 'shared'])
  await backups.restore('root', { name, passphrase: '', removeOthers: false })
  await isCounted(bob, 301, 2)
  await isCounted({ kind: 'user', name: 'eve' }, 2, 1)
  await isCounted(shared, 300, 1)
  // Of joe nothing changed but a folder.
  await fixture.areCounted(['bob', 'eve', 'shared'])
})

test('a server that stops right after a restore counts what it brought back at its next start', async () => {
  await using fixture = await openWorld()
  const { world, scanner, accounts, input, fill, isCounted } = fixture
  const admin = { username: 'root', source: 'local', status: 'active', email: '', description: '' } as const
  await world.database.admins.add({ ...admin, passwordHash: '', permissions: ['*'] }, world.clock())
  const backups = (await backupsOf(world, scanner)).serviceWith(world.box)
  const mappedPath = await fill('shared', 300)
  await accounts.addFolder('root', { name: 'shared', mappedPath, description: '' })
  const names = Array.from({ length: 50 }, (_, i) => `user-${i}`)
  for (const [index, name] of names.entries()) {
    // Some have never signed in: their home is not there yet.
    if (index % 2 === 0) await fill(name, index + 1)
    await accounts.addUser('root', input(name, { folders: [included], password: '' }))
  }
  await fixture.areCounted(['shared', ...names])
  const { name } = await backups.make('root')
  for (const username of names) await accounts.removeUser('root', username)
  await world.ledger[Symbol.asyncDispose]()
  await backups.restore('root', { name, passphrase: '', removeOthers: false })
  await scanner[Symbol.asyncDispose]()
  await world.ledger[Symbol.asyncDispose]()
  await using next = scannerOf(world)
  await next.recover()
  for (const [index, username] of names.entries())
    await isCounted({ kind: 'user', name: username }, 300 + (index % 2 ? 0 : index + 1), index % 2 ? 1 : 2)
})

test('a new user with nothing to count is not marked for longer than a moment', async () => {
  await using fixture = await openWorld()
  const { world, accounts, input } = fixture
  await accounts.addUser('root', input('bob'))
  await eventually(async () => (await world.ledger.generation(bob)) > 0)
  world.turnClock(6_000)
  await eventually(async () => (await world.database.quota.listUnsettled()).length === 0)
})

test('an account that moves while it is counted, and is counted no more before a stop, is counted after it', async () => {
  await using fixture = await openWorld()
  const { world, scanner, accounts, input, fill, isCounted } = fixture
  await fill('bob', 10)
  await accounts.addUser('root', input('bob'))
  await isCounted(bob, 10, 1)
  await scanner.recover()
  const session = await world.openSession('bob')
  const homeDir = await fill('moved', 30)
  const counting = world.faults.hold('storage.removeStagedUploads')
  await scanner.start(bob)
  await counting.reached
  // The session that knows the old home does not leave.
  await accounts.replaceUser('root', input('bob', { homeDir }))
  counting.release()
  await eventually(() => scanner.list('user').length === 0)
  await scanner[Symbol.asyncDispose]()
  await session.close('the server stops')
  await world.ledger[Symbol.asyncDispose]()
  await using next = scannerOf(world)
  await next.recover()
  await isCounted(bob, 30, 1)
})

test('no request waits for a count, counts go one after the other, and what waits is counted after a crash', async () => {
  await using fixture = await openWorld()
  const { world, scanner, accounts, input, fill, isCounted } = fixture
  const names = ['a', 'b', 'c']
  const counting = world.faults.hold('storage.removeStagedUploads')
  for (const [index, name] of names.entries()) {
    await fill(name, index + 1)
    await accounts.addUser('root', input(name))
  }
  await counting.reached
  assert.deepEqual(
    scanner.list('user').map(({ account }) => account.name),
    ['a'],
  )
  const marked = () => world.database.quota.listUnsettled()
  await eventually(async () => (await marked()).map(({ name }) => name).join() === names.join())
  // As a server that is told to stop does; another one starts.
  const stopped = scanner[Symbol.asyncDispose]()
  counting.release()
  await stopped
  assert.deepEqual(world.eventsOf('quota-scanned'), [])
  await using next = scannerOf(world)
  await next.recover()
  for (const [index, name] of names.entries()) await isCounted({ kind: 'user', name }, index + 1, 1)
  world.turnClock(6_000)
  await eventually(async () => (await world.database.quota.listUnsettled()).length === 0)
})

test('a count that fails harms no request and no other count, and is taken after the next start', async () => {
  await using fixture = await openWorld()
  const { world, scanner, accounts, input, fill, isCounted } = fixture
  await fill('bob', 10)
  world.faults.fail('storage.removeStagedUploads', new FileServerError('storage-failure', 'broken'))
  await accounts.addUser('root', input('bob'))
  await eventually(() => world.faults.calls.includes('storage.removeStagedUploads'))
  await scanner.recover()
  world.faults.clear()
  await fill('eve', 20)
  await accounts.addUser('root', input('eve'))
  await isCounted({ kind: 'user', name: 'eve' }, 20, 1)
  world.turnClock(6_000)
  const marked = async () => (await world.database.quota.listUnsettled()).map(({ name }) => name)
  await eventually(async () => !(await marked()).includes('eve'))
  await eventually(async () => (await world.ledger.generation(bob)) === 0)
  assert.deepEqual(await marked(), ['bob'])
  await scanner.recover()
  await isCounted(bob, 10, 1)
})

test('a count that ran when the account moved does not stand for the one of the new place', async () => {
  await using fixture = await openWorld()
  const { world, scanner, accounts, input, fill, isCounted } = fixture
  await fill('bob', 10)
  const moved = await fill('moved', 30)
  await accounts.addUser('root', input('bob'))
  await isCounted(bob, 10, 1)
  await scanner.recover()
  const counting = world.faults.hold('storage.removeStagedUploads')
  await scanner.start(bob)
  await counting.reached
  await accounts.replaceUser('root', input('bob', { homeDir: moved }))
  await new Promise((resolve) => setImmediate(resolve))
  counting.release()
  await isCounted(bob, 30, 1)
})
