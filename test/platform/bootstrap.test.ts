import assert from 'node:assert/strict'
import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { bootstrap, type Bootstrap, type BootstrapOptions } from '../../src/platform/bootstrap.ts'
import type { StorageView } from '../../src/platform/platform-link.ts'
import type { ThingerClient } from '../../src/platform/thinger-client.ts'
import { startFakeThinger, type FakeThinger } from '../support/fake-thinger/fake-thinger.ts'
import {
  clientFor,
  RecordingLog,
  temporaryDirectory,
  waitUntil,
} from '../support/fake-thinger/platform-fixture.ts'
import type { FakeThingerOptions } from '../support/fake-thinger/options.ts'

interface World extends AsyncDisposable {
  readonly fake: FakeThinger
  readonly root: string
  readonly storagesDir: string
  readonly log: RecordingLog
  boot(client: ThingerClient | undefined, options?: Partial<BootstrapOptions>): Promise<Bootstrap>
}

/** A fake platform and an empty disk. */
async function createWorld(options: FakeThingerOptions = {}): Promise<World> {
  const stack = new AsyncDisposableStack()
  const fake = stack.use(await startFakeThinger(options))
  const { path: root } = stack.use(await temporaryDirectory())
  const storagesDir = join(root, 'storages')
  const log = new RecordingLog()
  return {
    fake,
    root,
    storagesDir,
    log,
    async boot(client, overrides = {}) {
      const booted = await bootstrap({
        client,
        storagesDir,
        usersBaseDir: join(storagesDir, 'sftpgo_data', 'data'),
        backupsDir: join(storagesDir, 'sftpgo_data', 'backups'),
        dataDir: join(root, 'state'),
        log,
        retryMs: { first: 10, longest: 40 },
        ...overrides,
      })
      stack.use(booted.link)
      return booted
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const requestsOf = (world: World, method: string): number =>
  world.fake.requests.filter((request) => request.method === method).length

const view = (id: string, change: Partial<StorageView> = {}): StorageView => ({
  id,
  name: id,
  description: '',
  public: false,
  registered: true,
  onDisk: true,
  writable: true,
  ...change,
})

describe('bootstrap: directories', () => {
  it('makes the storage of the plugin, its folders and a private state directory', async () => {
    await using world = await createWorld()
    const { directories } = await world.boot(undefined)
    assert.ok(directories.every(({ isUsable }) => isUsable))
    const modeOf = async (path: string) => (await stat(path)).mode & 0o777
    assert.equal(await modeOf(join(world.storagesDir, 'sftpgo_data')), 0o755)
    assert.equal(await modeOf(join(world.storagesDir, 'sftpgo_data', 'data')), 0o755)
    assert.equal(await modeOf(join(world.storagesDir, 'sftpgo_data', 'backups')), 0o755)
    assert.equal(await modeOf(join(world.root, 'state')), 0o700)
  })

  it('reports the one that cannot be used, in the answer and in the log, and prepares the others', async () => {
    await using world = await createWorld()
    await writeFile(join(world.root, 'state'), '')
    const { directories } = await world.boot(undefined)
    assert.deepEqual(
      directories.filter(({ isUsable }) => !isUsable).map(({ purpose }) => purpose),
      ['state'],
    )
    assert.equal(directories.length, 5)
    assert.match(world.log.lines.join('\n'), /error directory is not usable .*state/s)
  })
})

describe('bootstrap: the platform', () => {
  it('runs standalone on what is on the disk', async () => {
    await using world = await createWorld()
    const { link } = await world.boot(undefined)
    assert.equal(link.status.state, 'standalone')
    assert.deepEqual(await link.storages(), [
      view('sftpgo_data', { public: undefined, registered: undefined }),
    ])
    assert.deepEqual(world.fake.requests, [])
  })

  it('creates the storage of the plugin on the platform and finds the owner', async () => {
    await using world = await createWorld()
    const { link } = await world.boot(clientFor(world.fake))
    await waitUntil(() => link.status.state === 'connected')
    assert.equal(link.status.lastError, undefined)
    assert.deepEqual(link.owner, { username: 'alice', name: 'Name of alice' })
    const created = world.fake.world.storagesOf('alice').get('sftpgo_data')
    assert.equal(created?.name, 'SFTPGo Data')
    assert.equal(created?.public, false)
  })

  it('leaves a storage alone that is there already', async () => {
    await using world = await createWorld({
      storages: [{ user: 'alice', storage: 'sftpgo_data', name: 'Mine' }],
    })
    const { link } = await world.boot(clientFor(world.fake))
    await waitUntil(() => link.status.state === 'connected')
    assert.equal(requestsOf(world, 'POST'), 0)
    assert.equal((await link.storages())[0]?.name, 'Mine')
  })

  for (const duplicateStatus of [400, 409] as const) {
    it(`takes a storage that somebody else created at the same moment (${duplicateStatus})`, async () => {
      await using world = await createWorld({ quirks: { raceOnCreate: true, duplicateStatus } })
      const { link } = await world.boot(clientFor(world.fake))
      await waitUntil(() => link.status.state === 'connected')
      assert.equal(link.status.lastError, undefined)
      assert.equal(requestsOf(world, 'POST'), 1)
    })
  }

  it('does not wait for the platform, and completes by itself when it comes up', async () => {
    await using world = await createWorld()
    world.fake.setDown(true)
    const { link, directories } = await world.boot(clientFor(world.fake))
    assert.ok(directories.every(({ isUsable }) => isUsable))
    assert.equal(link.status.state, 'connecting')
    await waitUntil(() => link.status.state === 'unreachable')
    assert.equal(link.status.lastError?.code, 'unavailable')
    assert.deepEqual(
      (await link.storages()).map(({ id, registered }) => [id, registered]),
      [['sftpgo_data', undefined]],
    )
    world.fake.setDown(false)
    await waitUntil(() => link.status.state === 'connected')
    assert.deepEqual(await link.storages(), [
      view('sftpgo_data', { name: 'SFTPGo Data', description: 'Storage to persist SFTPGo data and backups' }),
    ])
  })

  for (const quirks of [
    { status: 503 },
    { status: 500, htmlErrors: true },
    { status: 429 },
    { status: 200 },
  ]) {
    it(`is unreachable while every answer is ${JSON.stringify(quirks)}`, async () => {
      await using world = await createWorld({ quirks: { htmlErrors: true, ...quirks } })
      const { link } = await world.boot(clientFor(world.fake))
      await waitUntil(() => link.status.state === 'unreachable')
      delete world.fake.quirks.status
      await waitUntil(() => link.status.state === 'connected' && link.status.lastError === undefined)
    })
  }

  it('gets over a platform that is too slow at first', async () => {
    await using world = await createWorld({ quirks: { latencyMs: 1000 } })
    const { link } = await world.boot(clientFor(world.fake, { timeoutMs: 200 }))
    await waitUntil(() => link.status.state === 'unreachable')
    world.fake.quirks.latencyMs = 20
    await waitUntil(() => link.status.state === 'connected')
  })

  it('logs a platform that stays down once, not at every attempt', async () => {
    await using world = await createWorld()
    world.fake.setDown(true)
    let asked = 0
    const client = clientFor(world.fake, { pluginToken: () => `token ${asked++}` })
    await world.boot(client)
    await waitUntil(() => asked > 4)
    assert.equal(world.log.lines.filter((line) => line.includes('platform not reachable')).length, 1)
  })

  it('stops trying when it is disposed of, or told to', async () => {
    await using world = await createWorld({ quirks: { latencyMs: 60_000 } })
    const first = await world.boot(clientFor(world.fake, { timeoutMs: 60_000 }))
    const pending = first.link.storages()
    await first.link[Symbol.asyncDispose]()
    assert.ok(Array.isArray(await pending))
    const stopping = new AbortController()
    const second = await world.boot(clientFor(world.fake, { timeoutMs: 60_000 }), { signal: stopping.signal })
    stopping.abort()
    await second.link[Symbol.asyncDispose]()
    assert.equal(second.link.status.state, 'connecting')
  })
})

describe('bootstrap: list of storages', () => {
  it('joins more than one page of the platform with what is on the disk', async () => {
    const storages = Array.from({ length: 60 }, (_, index) => ({
      user: 'alice',
      storage: `s${String(index).padStart(2, '0')}`,
      name: `Storage ${index}`,
      public: index === 7,
    }))
    await using world = await createWorld({ storages })
    for (const name of ['s07', 'stray', 'not a storage']) {
      await mkdir(join(world.storagesDir, name), { recursive: true })
    }
    const { link } = await world.boot(clientFor(world.fake))
    await waitUntil(() => link.status.state === 'connected')
    const views = await link.storages()
    assert.equal(views.length, 62)
    const find = (id: string) => views.find((candidate) => candidate.id === id)
    assert.deepEqual(find('s07'), view('s07', { name: 'Storage 7', public: true }))
    assert.deepEqual(find('s59'), view('s59', { name: 'Storage 59', onDisk: false, writable: false }))
    assert.deepEqual(find('stray'), view('stray', { registered: false }))
    assert.deepEqual(
      views.map(({ id }) => id),
      views.map(({ id }) => id).toSorted(),
    )
  })

  it('falls back to the directories when the plugin may not list storages', async () => {
    await using world = await createWorld({
      tokens: [{ user: 'alice', token: 'sftpgo_plugin', allow: { User: { '*': ['ReadUserProfile'] } } }],
    })
    await mkdir(join(world.storagesDir, 'files'), { recursive: true })
    const { link } = await world.boot(clientFor(world.fake))
    await waitUntil(() => link.status.state === 'connected')
    assert.equal(link.status.lastError?.code, 'permission-denied')
    assert.equal(link.owner?.name, 'Name of alice')
    assert.deepEqual(await link.storages(), [
      view('files', { public: undefined, registered: undefined }),
      view('sftpgo_data', { public: undefined, registered: undefined }),
    ])
  })

  it('notices permission that is granted later', async () => {
    const allow: Record<string, Record<string, '*'>> = {}
    await using world = await createWorld({ tokens: [{ user: 'alice', token: 'sftpgo_plugin', allow }] })
    const { link } = await world.boot(clientFor(world.fake))
    await waitUntil(() => link.status.lastError?.code === 'permission-denied')
    Object.assign(allow, { Storage: { '*': '*' }, User: { '*': '*' } })
    await waitUntil(() => link.status.lastError === undefined)
    assert.equal((await link.storages())[0]?.registered, true)
  })

  it('asks again only when the last answer is old, or when told to', async () => {
    await using world = await createWorld()
    const { link } = await world.boot(clientFor(world.fake))
    await waitUntil(() => link.status.state === 'connected')
    await link.storages()
    const before = world.fake.requests.length
    await Promise.all([link.storages(), link.storages()])
    assert.equal(world.fake.requests.length, before)
    world.fake.world.addStorage('alice', { storage: 'later' })
    assert.ok((await link.storages({ refresh: true })).some(({ id }) => id === 'later'))
    assert.equal(world.fake.requests.length, before + 1)
  })

  it('notices that the platform went away, and that it came back', async () => {
    await using world = await createWorld()
    const { link } = await world.boot(clientFor(world.fake))
    await waitUntil(() => link.status.state === 'connected')
    world.fake.setDown(true)
    assert.equal((await link.storages({ refresh: true }))[0]?.registered, undefined)
    assert.equal(link.status.state, 'unreachable')
    world.fake.setDown(false)
    await waitUntil(() => link.status.state === 'connected')
    assert.equal((await link.storages({ refresh: true }))[0]?.registered, true)
  })

  it('shows what the platform knows when the storages directory is gone', async () => {
    await using world = await createWorld()
    const { link } = await world.boot(clientFor(world.fake))
    await waitUntil(() => link.status.state === 'connected')
    await rm(world.storagesDir, { recursive: true })
    const [only] = await link.storages({ refresh: true })
    assert.equal(only?.onDisk, false)
    assert.equal(only?.writable, false)
  })
})
