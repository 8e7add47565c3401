import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import {
  access,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import type { FileClient, MakeClient, Target } from '../support/clients/file-client.ts'
import type { Product } from '../support/product.ts'
import type { Outcome } from '../support/run-program.ts'
import { waitUntil } from '../support/wait-until.ts'

/** What the contract needs around a protocol. */
export interface ProtocolWorld extends AsyncDisposable {
  readonly product: Product
  /** A target for the user, who may not exist yet. */
  target(username: string): Promise<Target>
}

export interface ProtocolVariant {
  readonly name: string
  readonly makeClient: MakeClient
  /** Names that this client can spell. */
  readonly names?: readonly string[]
}

const awkwardNames = [
  'with space.txt',
  'ümläut ß 日本 👍.txt',
  "quo'te.txt",
  '-dash.txt',
  'dot..dot.txt',
  '#hash%25&.txt',
]

/**
 * What every protocol gives, told through a real client: bytes arrive whole, rules hold, nothing leaks. Each fact
 * stands alone, with a user of its own.
 */
export function protocolContract(variant: ProtocolVariant, openWorld: () => Promise<ProtocolWorld>): void {
  describe(variant.name, { concurrency: 1 }, () => {
    let world: ProtocolWorld
    let userCount = 0
    before(async () => {
      world = await openWorld()
    })
    after(() => world[Symbol.asyncDispose]())

    async function withUser(fields: Record<string, unknown> = {}) {
      const username = `user${++userCount}-${randomBytes(3).toString('hex')}`
      const home = world.product.homeOf(username)
      const target = await world.target(username)
      const keys = [(await readFile(`${target.keyFile}.pub`, 'utf8')).trim()]
      await world.product.addUser(username, { password: target.password, public_keys: keys, ...fields })
      await mkdir(home, { recursive: true })
      return { username, home, target, client: variant.makeClient(target) }
    }

    async function localFile(target: Target, bytes: number | Buffer): Promise<string> {
      const path = join(target.scratch, `local-${randomBytes(6).toString('hex')}`)
      await writeFile(path, typeof bytes === 'number' ? randomBytes(bytes) : bytes)
      return path
    }

    test('a file comes back byte by byte as it went', async () => {
      const { client, target, home } = await withUser()
      for (const size of [0, 1, 32_768, 3_000_001]) {
        const local = await localFile(target, size)
        ok(await client.put(local, `/file-${size}`))
        assert.equal(await hashOf(join(home, `file-${size}`)), await hashOf(local))
        const back = `${local}.back`
        ok(await client.get(`/file-${size}`, back))
        assert.equal(await hashOf(back), await hashOf(local))
      }
      assert.deepEqual(await strays(home), [])
    })

    test('an overwrite leaves the new bytes alone', async () => {
      const { client, target, home } = await withUser()
      await writeFile(join(home, 'f'), randomBytes(200_000))
      const local = await localFile(target, 70_000)
      ok(await client.put(local, '/f'))
      assert.equal(await hashOf(join(home, 'f')), await hashOf(local))
    })

    test('names of all kinds go and come', async () => {
      const { client, target, home } = await withUser()
      const names = variant.names ?? awkwardNames
      const local = await localFile(target, 1000)
      for (const name of names) ok(await client.put(local, `/${name}`))
      assert.deepEqual((await readdir(home)).sort(), [...names].sort())
      const { stdout } = ok(await client.list('/'))
      for (const name of names) assert.ok(stdout.includes(name), `${name} in ${stdout}`)
    })

    test('files are 0644 and directories 0755', async () => {
      const { client, target, home } = await withUser()
      ok(await client.put(await localFile(target, 10), '/f'))
      assert.equal((await stat(join(home, 'f'))).mode & 0o7777, 0o644)
      if (!client.makeDirectory) return
      ok(await client.makeDirectory('/d'))
      assert.equal((await stat(join(home, 'd'))).mode & 0o7777, 0o755)
    })

    test('a broken upload goes on where it ended', async (t) => {
      const { client, target, home } = await withUser()
      if (!client.resumePut) return t.diagnostic('this client cannot resume an upload')
      const local = await localFile(target, 500_000)
      await writeFile(join(home, 'f'), (await readFile(local)).subarray(0, 123_456))
      ok(await client.resumePut(local, '/f'))
      assert.equal(await hashOf(join(home, 'f')), await hashOf(local))
    })

    test('a replacement that broke off is not resumed into the file that it would have replaced', async (t) => {
      const { client, target, home } = await withUser()
      if (!client.resumePut) return t.diagnostic('this client cannot resume an upload')
      const original = randomBytes(123_456)
      await writeFile(join(home, 'f'), original)
      const local = await localFile(target, 500_000)
      await breakUpload(world.product, target, '/f')
      const { isOk } = await client.resumePut(local, '/f')
      // lftp sends it whole by itself when it hears that it cannot go on.
      const expected = isOk ? await readFile(local) : original
      assert.ok(expected.equals(await readFile(join(home, 'f'))))
      ok(await client.put(local, '/f'))
      assert.equal(await hashOf(join(home, 'f')), await hashOf(local))
    })

    test('a broken download goes on where it ended', async (t) => {
      const { client, target, home } = await withUser()
      if (!client.resumeGet) return t.diagnostic('this client cannot resume a download')
      const bytes = randomBytes(500_000)
      await writeFile(join(home, 'f'), bytes)
      const local = await localFile(target, bytes)
      await truncate(local, 123_456)
      ok(await client.resumeGet('/f', local))
      assert.equal(await hashOf(local), await hashOf(join(home, 'f')))
    })

    test('entries are renamed, made and removed', async (t) => {
      const { client, home } = await withUser()
      if (!client.rename || !client.remove || !client.makeDirectory || !client.removeDirectory)
        return t.diagnostic('this client only copies')
      await writeFile(join(home, 'a'), 'x')
      ok(await client.rename('/a', '/b'))
      ok(await client.makeDirectory('/d'))
      assert.deepEqual((await readdir(home)).sort(), ['b', 'd'])
      ok(await client.remove('/b'))
      ok(await client.removeDirectory('/d'))
      assert.deepEqual(await readdir(home), [])
    })

    test('a file keeps its time where the client sends it', async (t) => {
      const { client, target, home } = await withUser()
      if (!client.putWithTime) return t.diagnostic('this client does not send times')
      const local = await localFile(target, 10)
      await utimes(local, 1_600_000_000, 1_600_000_000)
      ok(await client.putWithTime(local, '/f'))
      assert.equal((await stat(join(home, 'f'))).mtimeMs, 1_600_000_000_000)
    })

    test('a user may do what the directory permits and nothing else', async () => {
      const permissions = {
        '/': ['list', 'download'],
        '/in': ['list', 'upload', 'download', 'chtimes'],
        '/drop': ['list', 'upload'],
        '/none': [],
      }
      const { client, target, home } = await withUser({ permissions })
      for (const directory of ['in', 'drop', 'none']) await mkdir(join(home, directory))
      const files = ['f', 'in/f', 'drop/f', 'none/f']
      for (const file of files) await writeFile(join(home, file), 'original')
      const local = await localFile(target, Buffer.from('new'))
      ok(await client.get('/f', `${local}.ok`))
      refused(await client.put(local, '/new'))
      refused(await client.put(local, '/in/f'))
      refused(await client.put(local, '/drop/f'))
      refused(await client.put(local, '/none/new'))
      refused(await client.get('/drop/f', `${local}.no`))
      refused(await client.get('/none/f', `${local}.no`))
      for (const file of files) assert.equal(await readFile(join(home, file), 'utf8'), 'original')
      ok(await client.put(local, '/in/new'))
      // rclone does not tell when a removal or a new directory was refused: what counts is what there is.
      await client.remove?.('/in/new')
      if (client.rename) refused(await client.rename('/f', '/g'))
      await client.makeDirectory?.('/d')
      assert.deepEqual((await readdir(home)).sort(), ['drop', 'f', 'in', 'none'])
      assert.deepEqual((await readdir(join(home, 'in'))).sort(), ['f', 'new'])
    })

    test('an upload over quota is refused and leaves nothing behind', async () => {
      const { client, target, home, username } = await withUser({ quota_size: 100_000, quota_files: 2 })
      refused(await client.put(await localFile(target, 100_001), '/big'))
      // Some clients leave without waiting for the answer to their close.
      await waitUntil('an empty home', async () => (await readdir(home)).length === 0)
      ok(await client.put(await localFile(target, 60_000), '/a'))
      refused(await client.put(await localFile(target, 60_000), '/b'))
      ok(await client.put(await localFile(target, 90_000), '/a'))
      ok(await client.put(await localFile(target, 10_000), '/b'))
      refused(await client.put(await localFile(target, 0), '/c'))
      assert.deepEqual((await readdir(home)).sort(), ['a', 'b'])
      const { body } = await world.product.api('GET', `/users/${username}`)
      const { used_quota_size: size, used_quota_files: files } = body as Record<string, number>
      assert.deepEqual({ size, files }, { size: 100_000, files: 2 })
    })

    test('a name that patterns refuse is neither taken nor given', async () => {
      const file_patterns = [{ path: '/', denied_patterns: ['*.exe'], allowed_patterns: [] }]
      const { client, target, home } = await withUser({ filters: { file_patterns } })
      await writeFile(join(home, 'old.EXE'), 'x')
      const local = await localFile(target, 10)
      refused(await client.put(local, '/new.exe'))
      refused(await client.get('/old.EXE', `${local}.no`))
      ok(await client.put(local, '/new.txt'))
      assert.deepEqual((await readdir(home)).sort(), ['new.txt', 'old.EXE'])
    })

    test('no path and no link leads out of the home', async () => {
      const { client, target, home } = await withUser()
      const secret = join(world.product.directory, `secret-${randomBytes(4).toString('hex')}`)
      await writeFile(secret, 'secret')
      await symlink(secret, join(home, 'link'))
      await symlink(world.product.directory, join(home, 'dirlink'))
      const local = await localFile(target, Buffer.from('intruder'))
      const name = secret.split('/').at(-1) ?? ''
      refused(await client.get('/link', `${local}.no`))
      refused(await client.get(`/dirlink/${name}`, `${local}.no`))
      refused(await client.get(`/../../../../..${secret}`, `${local}.no`))
      refused(await client.put(local, '/link'))
      refused(await client.put(local, `/dirlink/${name}`))
      refused(await client.put(local, '/dirlink/new'))
      assert.equal(await readFile(secret, 'utf8'), 'secret')
      await assert.rejects(access(join(world.product.directory, 'new')))
    })

    test('a folder of another storage is mounted where the user has it', async () => {
      const name = `folder-${randomBytes(3).toString('hex')}`
      const mapped = join(world.product.storagesDirectory, name)
      await mkdir(mapped, { recursive: true })
      assert.equal((await world.product.api('POST', '/folders', { name, mapped_path: mapped })).status, 201)
      const virtual_folders = [{ name, virtual_path: '/shared/box', quota_size: 50_000, quota_files: 0 }]
      const { client, target, home } = await withUser({ virtual_folders })
      const local = await localFile(target, 40_000)
      ok(await client.put(local, '/shared/box/f'))
      assert.equal(await hashOf(join(mapped, 'f')), await hashOf(local))
      refused(await client.put(local, '/shared/box/g'))
      assert.ok(ok(await client.list('/')).stdout.includes('shared'))
      assert.ok(ok(await client.list('/shared')).stdout.includes('box'))
      if (client.removeDirectory) refused(await client.removeDirectory('/shared/box'))
      assert.deepEqual(await readdir(mapped), ['f'])
      assert.deepEqual(await readdir(home), [])
    })

    test('a wrong password, a disabled user and a denied protocol do not get in', async () => {
      const { target, username } = await withUser()
      const wrong: Target = { ...target, password: 'not-the-password', keyFile: `${target.keyFile}-other` }
      refused(await variant.makeClient(wrong).list('/'))
      ok(await variant.makeClient(target).list('/'))
      const user = (await world.product.api('GET', `/users/${username}`)).body as Record<string, unknown>
      const put = (change: Record<string, unknown>) =>
        world.product.api('PUT', `/users/${username}`, { ...user, ...change })
      assert.equal((await put({ status: 0 })).status, 200)
      refused(await variant.makeClient(target).list('/'))
      assert.equal((await put({ filters: { denied_protocols: ['SSH', 'FTP'] } })).status, 200)
      refused(await variant.makeClient(target).list('/'))
    })
  })
}

/** Begins to send a file and resets the data connection; answers when the server has taken note of it. */
async function breakUpload({ ftpPort }: Product, user: Target, path: string): Promise<void> {
  using client = await FtpClient.signIn(ftpPort, user)
  const socket = await client.dataSocket(await client.passive())
  await client.command(`STOR ${path}`, 150)
  await new Promise((resolve) => socket.write(randomBytes(50_000), resolve))
  await waitUntil('bytes of it', async () => /[1-9]\d* bytes/.test((await client.command('STAT')).text))
  socket.resetAndDestroy()
  await client.reply(426)
}

function ok(outcome: Outcome): Outcome {
  assert.ok(outcome.isOk, `exit ${outcome.exitCode}\n${outcome.stdout}\n${outcome.stderr}`)
  return outcome
}

function refused(outcome: Outcome): void {
  assert.ok(!outcome.isOk, `not refused\n${outcome.stdout}\n${outcome.stderr}`)
  assert.notEqual(outcome.exitCode, null, `hung until it was killed\n${outcome.stdout}\n${outcome.stderr}`)
}

async function hashOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

/** What uploads should never leave behind. */
async function strays(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true })
  return names.filter((name) => name.includes('.part'))
}

export type { FileClient }
