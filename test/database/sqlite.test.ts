import assert from 'node:assert/strict'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import type { Readable } from 'node:stream'
import { test } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import { silentLog } from '../../src/core/log.ts'
import { openDatabase } from '../../src/database/database.ts'
import { repositoriesContract } from '../contract/repositories.contract.ts'
import {
  folderNamed,
  rejectsWith,
  userNamed,
  wholePage,
  type RepositoryWorld,
} from '../contract/repository-world.ts'

interface SqliteWorld extends RepositoryWorld {
  readonly directory: string
  readonly path: string
}

async function openSqliteWorld(): Promise<SqliteWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'sqlite-'))
  const path = join(directory, 'state', 'file server.db')
  const url = `sqlite:${path}`
  return {
    directory,
    path,
    url,
    open: () => openDatabase(url, { log: silentLog }),
    async execute(statement) {
      using database = new DatabaseSync(path, { timeout: 5_000 })
      database.exec(statement)
    },
    async countRows(table) {
      using database = new DatabaseSync(path, { timeout: 5_000 })
      return database.prepare(`select * from ${table}`).all().length
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  }
}

repositoriesContract('SQLite', openSqliteWorld)

test('makes the file, and what belongs to it, for its owner alone', async () => {
  await using world = await openSqliteWorld()
  const previousMask = process.umask(0)
  try {
    await using database = await world.open()
    await database.users.add(userNamed('ann'), 1)
    for (const suffix of ['', '-wal', '-shm'])
      assert.equal((await stat(`${world.path}${suffix}`)).mode & 0o777, 0o600, suffix)
    assert.equal((await stat(join(world.path, '..'))).mode & 0o777, 0o700)
  } finally {
    process.umask(previousMask)
  }
})

test('takes a URL or a plain path, and refuses other databases', async () => {
  await using world = await openSqliteWorld()
  for (const url of [world.path, world.url, `sqlite://${world.path}`]) {
    await using database = await openDatabase(url, { log: silentLog })
    assert.equal(database.engine, 'sqlite')
    await database.folders.add(folderNamed(url))
    assert.ok((await stat(world.path)).isFile())
  }
  await using database = await world.open()
  assert.equal((await database.folders.list(wholePage)).length, 3)
  for (const url of ['mysql://localhost/x', 'postgres://u:secret@[::/x', 'sqlite:', ''])
    await rejectsWith(openDatabase(url, { log: silentLog }), 'invalid-argument')
})

test('says "storage-failure" when the file is no database or its place is taken', async () => {
  await using world = await openSqliteWorld()
  await mkdir(join(world.path, '..'))
  await writeFile(world.path, 'no database '.repeat(1_000))
  await rejectsWith(world.open(), 'storage-failure')
  await rejectsWith(openDatabase(join(world.path, 'below.db'), { log: silentLog }), 'storage-failure')
  await rejectsWith(openDatabase(world.directory, { log: silentLog }), 'storage-failure')
  await chmod(world.directory, 0o700)
})

test('waits for the lock of another process without stopping the event loop', async () => {
  await using world = await openSqliteWorld()
  await using database = await world.open()
  using other = new DatabaseSync(world.path)
  other.exec('begin immediate')
  const added = database.users.add(userNamed('patient'), 1)
  let turns = 0
  const turning = setInterval(() => {
    if (++turns === 10) other.exec('commit')
  }, 5)
  await added
  clearInterval(turning)
  assert.ok(turns >= 10)
  assert.equal(await database.users.count(), 1)
})

test('says "unavailable" when another process never gives the lock back, and goes on afterwards', async () => {
  await using world = await openSqliteWorld()
  await using database = await world.open()
  using other = new DatabaseSync(world.path)
  other.exec('begin immediate')
  await rejectsWith(database.folders.add(folderNamed('refused')), 'unavailable')
  other.exec('rollback')
  await database.folders.add(folderNamed('taken'))
  assert.deepEqual(
    (await database.folders.list(wholePage)).map((folder) => folder.name),
    ['taken'],
  )
})

test('counts exactly what several processes write at the same time', async () => {
  await using world = await openSqliteWorld()
  await using database = await world.open()
  await database.folders.add(folderNamed('shared'))
  const exits = ['a', 'b', 'c'].map(async (prefix) => {
    const [code] = (await once(startWriter(world.url, prefix, '40').resume(), 'exit')) as [number]
    return code
  })
  assert.deepEqual(await Promise.all(exits), [0, 0, 0])
  assert.deepEqual(await database.quota.usage({ kind: 'folder', name: 'shared' }), { size: 360, files: 120 })
  assert.equal((await database.folders.list(wholePage)).length, 121)
})

test('has everything it confirmed after kill -9', async () => {
  await using world = await openSqliteWorld()
  {
    await using database = await world.open()
    await database.folders.add(folderNamed('shared'))
  }
  const confirmed: string[] = []
  for (const prefix of ['first-', 'second-', 'third-']) {
    const writer = startWriter(world.url, prefix)
    for await (const name of createInterface({ input: writer.stdout })) {
      confirmed.push(name)
      if (confirmed.length % 50 === 0) writer.child.kill('SIGKILL')
    }
  }
  assert.ok(confirmed.length >= 150)
  await using database = await world.open()
  assert.equal((await database.folders.findAll(confirmed)).length, confirmed.length)
  const { size, files } = await database.quota.usage({ kind: 'folder', name: 'shared' })
  assert.ok(files >= confirmed.length && files <= confirmed.length + 3)
  assert.equal(size, 3 * files)
})

interface Writer {
  readonly child: ChildProcessByStdio<null, Readable, null>
  readonly stdout: Readable
  resume(): ChildProcessByStdio<null, Readable, null>
}

function startWriter(url: string, prefix: string, ...count: string[]): Writer {
  const program = join(import.meta.dirname, 'database-writer.ts')
  const child = spawn(process.execPath, [program, url, prefix, ...count], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return {
    child,
    stdout: child.stdout,
    resume() {
      child.stdout.resume()
      return child
    },
  }
}

test('a lock that lasts is waited for once, not by each of the writes behind it, and reads go on', async () => {
  await using world = await openSqliteWorld()
  await using database = await world.open()
  await database.folders.add(folderNamed('one'))
  using holder = new DatabaseSync(world.path)
  holder.exec('begin exclusive')
  const startedAt = performance.now()
  const writes = ['a', 'b', 'c', 'd', 'e'].map((name) => database.folders.add(folderNamed(name)))
  for (const outcome of await Promise.allSettled(writes))
    assert.ok(outcome.status === 'rejected' && hasCode(outcome.reason, 'unavailable'))
  assert.ok(performance.now() - startedAt < 2 * 3_000, 'each has waited for itself')
  assert.equal((await database.folders.find('one'))?.name, 'one')
  holder.exec('rollback')
  await database.folders.add(folderNamed('later'))
  // The next lock is waited for as if there had been none before.
  holder.exec('begin exclusive')
  const patient = database.folders.add(folderNamed('patient'))
  setTimeout(() => holder.exec('rollback'), 500)
  await patient
})
