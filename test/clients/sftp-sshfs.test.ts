import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  appendFile,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { after, before, describe, test } from 'node:test'
import { runProgram } from '../support/run-program.ts'
import { type SshUser, SshWorld, stagedIn, treeOf } from '../support/ssh-world.ts'
import { SshfsMount } from '../support/sshfs-mount.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('sshfs', { concurrency: 1 }, () => {
  let world: SshWorld
  before(async () => {
    world = await SshWorld.open()
  })
  after(() => world[Symbol.asyncDispose]())

  /** The user's files as sshfs shows them and as the disk holds them. */
  async function withMount(work: (mounted: string, user: SshUser) => Promise<void>): Promise<void> {
    const user = await world.addUser()
    {
      await using mount = await SshfsMount.open(user.target, world.localName())
      await work(mount.path, user)
    }
    await world.sessionsAre(user.username, 0)
    assert.deepEqual(await stagedIn(user.home), [])
  }

  /** The kernel tells sshfs that a file was closed a moment after close() has returned. */
  async function arrives(home: string, tree: Record<string, Buffer | string>): Promise<void> {
    const expected = Object.entries(tree).map(([path, bytes]) => [path, digest(bytes)])
    await waitUntil('the files on the server', async () =>
      // A staged file that is renamed meanwhile is none that can be read.
      isDeepStrictEqual(await treeOf(home).catch(() => undefined), Object.fromEntries(expected)),
    )
  }

  test('writes, reads, overwrites and appends', () =>
    withMount(async (mounted, { home }) => {
      const bytes = randomBytes(1_234_567)
      await writeFile(join(mounted, 'f'), bytes)
      assert.deepEqual(await readFile(join(mounted, 'f')), bytes)
      await arrives(home, { f: bytes })
      await appendFile(join(mounted, 'f'), 'the end')
      await arrives(home, { f: Buffer.concat([bytes, Buffer.from('the end')]) })
      await writeFile(join(mounted, 'f'), 'short')
      assert.equal(await readFile(join(mounted, 'f'), 'utf8'), 'short')
      await arrives(home, { f: 'short' })
    }))

  test('writes and reads in the middle of an open file', () =>
    withMount(async (mounted, { home }) => {
      const bytes = randomBytes(300_000)
      await writeFile(join(mounted, 'f'), bytes)
      {
        await using file = await open(join(mounted, 'f'), 'r+')
        await file.write('middle', 150_000)
        const { buffer } = await file.read(Buffer.alloc(6), 0, 6, 150_000)
        assert.equal(buffer.toString(), 'middle')
      }
      bytes.write('middle', 150_000)
      await arrives(home, { f: bytes })
    }))

  test('reads, appends to and renames at once what it has just written', () =>
    withMount(async (mounted, user) => {
      const name = (index: number) => join(mounted, `f${index % 7}`)
      for (let index = 0; index < 150; index++) {
        await writeFile(name(index), `text ${index}`)
        assert.equal(await readFile(name(index), 'utf8'), `text ${index}`)
        await appendFile(name(index), ' and')
        await appendFile(name(index), ' more')
        assert.equal(await readFile(name(index), 'utf8'), `text ${index} and more`)
        await writeFile(join(mounted, 'new'), `other ${index}`)
        await rename(join(mounted, 'new'), name(index))
        assert.equal(await readFile(name(index), 'utf8'), `other ${index}`)
      }
      await world.quotaSettles(user)
    }))

  test('reads what another program of the mount is still writing', () =>
    withMount(async (mounted, { home }) => {
      const path = join(mounted, 'f')
      for (const earlier of [undefined, 'the earlier file, which is longer']) {
        if (earlier) await writeFile(path, earlier)
        let text = ''
        await using file = await open(path, 'w')
        for (let index = 0; index < 30; index++) {
          const more = `line ${index} ${'x'.repeat(index * 100)}\n`
          await file.write(more)
          text += more
          const { isOk, stdout } = await runProgram('cat', [path])
          assert.deepEqual([isOk, stdout], [true, text])
          if (earlier) assert.equal(await readFile(join(home, 'f'), 'utf8'), earlier)
        }
        await file.close()
        await arrives(home, { f: text })
        await rm(path)
      }
    }))

  test('follows a file that another program of the mount is writing, or appends to', () =>
    withMount(async (mounted, { home }) => {
      await writeFile(join(mounted, 'inPlace'), '')
      await arrives(home, { inPlace: '' })
      for (const [name, how] of [
        ['new', 'w'],
        ['inPlace', 'a'],
      ] as const) {
        const lines = Array.from({ length: 200 }, (_, index) => `${name} ${index} ${'x'.repeat(index * 9)}\n`)
        await using file = await open(join(mounted, name), how)
        const tail = spawn('tail', ['-f', '-s', '0.02', '-c', '+1', join(mounted, name)])
        try {
          let seen = ''
          tail.stdout.on('data', (bytes: Buffer) => (seen += bytes.toString()))
          for (const line of lines) await file.write(line)
          await waitUntil('tail to see it all', () => Promise.resolve(seen.length >= lines.join('').length))
          assert.equal(seen, lines.join(''))
        } finally {
          tail.kill()
          await once(tail, 'close')
        }
      }
    }))

  test('a program that reads a name sees what was renamed to it before, whole', () =>
    withMount(async (mounted) => {
      await Promise.all(
        ['a', 'b', 'c'].map(async (name) => {
          for (let index = 0; index < 60; index++) {
            const text = `${name} ${index} `.repeat(1 + index * 50)
            await writeFile(join(mounted, `${name}.new`), text)
            await rename(join(mounted, `${name}.new`), join(mounted, name))
            assert.equal(await readFile(join(mounted, name), 'utf8'), text)
          }
        }),
      )
    }))

  test('renames, also over a file that exists', () =>
    withMount(async (mounted, { home }) => {
      await writeFile(join(mounted, 'a'), 'one')
      await writeFile(join(mounted, 'b'), 'other')
      await rename(join(mounted, 'a'), join(mounted, 'b'))
      await mkdir(join(mounted, 'd'))
      await rename(join(mounted, 'b'), join(mounted, 'd', 'c'))
      await arrives(home, { 'd/c': 'one' })
      assert.deepEqual(await treeOf(mounted), await treeOf(home))
    }))

  test('renames and removes what it has open as a local disk does', () =>
    withMount(async (mounted, user) => {
      for (const old of [undefined, 'left over']) {
        await writeFile(join(mounted, 'f'), 'earlier')
        if (old) await writeFile(join(mounted, 'tmp'), old)
        {
          await using file = await open(join(mounted, 'tmp'), 'w')
          await file.write('new ')
          await rename(join(mounted, 'tmp'), join(mounted, 'f'))
          await file.write('bytes')
        }
        await arrives(user.home, { f: 'new bytes' })
        await mkdir(join(mounted, 'd'))
        if (old) await writeFile(join(mounted, 'd', 'gone'), old)
        {
          await using file = await open(join(mounted, 'd', 'gone'), 'w+')
          await file.write('for me ')
          await rm(join(mounted, 'd', 'gone'))
          await assert.rejects(stat(join(mounted, 'd', 'gone')), { code: 'ENOENT' })
          await file.write('alone')
          const { buffer } = await file.read(Buffer.alloc(12), 0, 12, 0)
          assert.equal(buffer.toString(), 'for me alone')
        }
        await arrives(user.home, { f: 'new bytes' })
        await rm(join(mounted, 'd'), { recursive: true })
      }
      await mkdir(join(mounted, 'tree'))
      await writeFile(join(mounted, 'tree', 'leaf'), 'x')
      await mkdir(join(mounted, 'empty'))
      assert.ok((await runProgram('mv', ['-T', join(mounted, 'tree'), join(mounted, 'empty')])).isOk)
      await arrives(user.home, { f: 'new bytes', 'empty/leaf': 'x' })
      await world.quotaSettles(user)
    }))

  test('truncates, extends and sets times', () =>
    withMount(async (mounted, { home }) => {
      await writeFile(join(mounted, 'f'), Buffer.alloc(100_000))
      await arrives(home, { f: Buffer.alloc(100_000) })
      await truncate(join(mounted, 'f'), 1_000)
      assert.equal((await stat(join(home, 'f'))).size, 1_000)
      await truncate(join(mounted, 'f'), 5_000)
      assert.equal((await stat(join(home, 'f'))).size, 5_000)
      await utimes(join(mounted, 'f'), 1_500_000_000, 1_600_000_000)
      assert.equal((await stat(join(home, 'f'))).mtimeMs, 1_600_000_000_000)
    }))

  test('shows sizes, rights and times as ls -l prints them', () =>
    withMount(async (mounted, { home }) => {
      await writeFile(join(home, 'f'), 'x'.repeat(4_321))
      await mkdir(join(home, 'd'))
      await utimes(join(home, 'f'), 1_600_000_000, 1_600_000_000)
      const { isOk, stdout } = await runProgram('ls', ['-l', '--time-style=+%s', mounted])
      assert.ok(isOk)
      assert.match(stdout, /^-rw-r--r-- .* 4321 1600000000 f$/m)
      assert.match(stdout, /^drwxr-xr-x .* d$/m)
    }))

  test('follows the links that it has made', () =>
    withMount(async (mounted, { home }) => {
      await mkdir(join(mounted, 'd'))
      await writeFile(join(mounted, 'd', 'file'), 'hi')
      await arrives(home, { 'd/file': 'hi' })
      await symlink('file', join(mounted, 'd', 'beside'))
      await symlink('d/file', join(mounted, 'down'))
      for (const name of ['d/beside', 'down'])
        assert.equal(await readFile(join(mounted, name), 'utf8'), 'hi', name)
      assert.equal(await readlink(join(home, 'd', 'beside')), 'file')
    }))

  test('takes and removes a whole tree', () =>
    withMount(async (mounted, { home }) => {
      const local = world.localName()
      await mkdir(join(local, 'sub', 'sub'), { recursive: true })
      for (let index = 0; index < 20; index++)
        await writeFile(join(local, index % 2 ? 'sub' : 'sub/sub', `f${index}`), randomBytes(index * 1_000))
      assert.ok((await runProgram('cp', ['-r', local, join(mounted, 'tree')])).isOk)
      assert.deepEqual(await treeOf(join(mounted, 'tree')), await treeOf(local))
      assert.deepEqual(await treeOf(join(home, 'tree')), await treeOf(local))
      await rm(join(mounted, 'tree'), { recursive: true })
      assert.deepEqual(await readdir(home), [])
    }))
})

function digest(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
