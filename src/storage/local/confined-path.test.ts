import assert from 'node:assert/strict'
import fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type ErrorCode, hasCode } from '../../core/errors.ts'
import { checkKey, ConfinedRoot, isSameKey } from './confined-path.ts'
import { isErrno } from './disk-error.ts'

describe('ConfinedRoot', () => {
  it('opens the directory that a key names, and tells where it is', async () => {
    await using world = await openWorld(['a/b'])
    using directory = await world.confined.openDirectory(['a', 'b'])
    assert.deepEqual(directory.names, ['a', 'b'])
    await fs.writeFile(directory.at('file'), 'x')
    assert.deepEqual(await fs.readdir(join(world.root, 'a/b')), ['file'])
  })

  it('tells where a directory really is when links lead to it', async () => {
    await using world = await openWorld(['a/b/c', 'x'])
    await fs.symlink('../a/./b//', join(world.root, 'x/relative'))
    await fs.symlink(join(world.root, 'a'), join(world.root, 'x/absolute'))
    await fs.symlink('../x/relative/c/../../b/c', join(world.root, 'a/winding'))
    for (const [key, names] of [
      [
        ['x', 'relative'],
        ['a', 'b'],
      ],
      [
        ['x', 'relative', 'c'],
        ['a', 'b', 'c'],
      ],
      [
        ['x', 'absolute', 'b'],
        ['a', 'b'],
      ],
      [
        ['a', 'winding'],
        ['a', 'b', 'c'],
      ],
    ] as const) {
      using directory = await world.confined.openDirectory(key)
      assert.deepEqual(directory.names, names)
    }
  })

  it('never climbs above the root, not even to come back', async () => {
    await using world = await openWorld(['a'])
    await fs.symlink('../../root/a', join(world.root, 'a/around'))
    await fs.symlink('..', join(world.root, 'up'))
    await fs.symlink('a/../../root', join(world.root, 'over'))
    await fs.symlink(`${world.root}/../root/a`, join(world.root, 'absolute'))
    await fs.symlink('/etc', join(world.root, 'etc'))
    await fs.symlink(`${world.root}2`, join(world.root, 'twin'))
    for (const key of [['a', 'around'], ['up'], ['over'], ['absolute'], ['etc'], ['twin']]) {
      await refuses('permission-denied', world.confined.openDirectory(key))
      await refuses('permission-denied', world.confined.openPlace([...key, 'file']))
      await refuses('permission-denied', world.confined.followPlace(key))
    }
  })

  it('answers the same for what is and for what is not there outside', async () => {
    await using world = await openWorld([])
    await fs.symlink('/etc/passwd', join(world.root, 'there'))
    await fs.symlink('/etc/no-such-file', join(world.root, 'not-there'))
    for (const name of ['there', 'not-there'])
      await refuses('permission-denied', world.confined.followPlace([name]))
  })

  it('gives up on links that lead on and on', async () => {
    await using world = await openWorld(['d'])
    await fs.symlink('self', join(world.root, 'self'))
    await refuses('invalid-path', world.confined.openDirectory(['self']))
    for (let index = 0; index <= 41; index++)
      await fs.symlink(index === 0 ? 'd' : `l${index - 1}`, join(world.root, `l${index}`))
    using far = await world.confined.openDirectory(['l39'])
    assert.deepEqual(far.names, ['d'])
    await refuses('invalid-path', world.confined.openDirectory(['l40']))
  })

  it('places a name that a final link leads to, whether it exists or not', async () => {
    await using world = await openWorld(['a'])
    await fs.symlink('a/new', join(world.root, 'link'))
    await fs.symlink('.', join(world.root, 'here'))
    using place = await world.confined.followPlace(['link'])
    assert.deepEqual([...place.directory.names, place.name], ['a', 'new'])
    using here = await world.confined.followPlace(['here'])
    assert.deepEqual([here.directory.names, here.name], [[], '.'])
    using plain = await world.confined.followPlace(['plain'])
    assert.deepEqual([plain.directory.names, plain.name], [[], 'plain'])
  })

  it('stays in the directory it holds, whatever takes its path', async () => {
    await using world = await openWorld(['a'])
    using place = await world.confined.openPlace(['a', 'file'])
    await fs.rename(join(world.root, 'a'), join(world.root, 'b'))
    await fs.symlink('/etc', join(world.root, 'a'))
    await fs.writeFile(place.path, 'x')
    assert.deepEqual(await fs.readdir(join(world.root, 'b')), ['file'])
  })

  it('tells a link target by name', async () => {
    await using world = await openWorld(['a/b'])
    using directory = await world.confined.openDirectory(['a', 'b'])
    for (const [target, key] of [
      ['../c', ['a', 'c']],
      ['./x/../y', ['a', 'b', 'y']],
      ['../..', []],
      [world.root, []],
      [join(world.root, 'z'), ['z']],
    ] as const)
      assert.deepEqual(await world.confined.targetOf(directory, target), key)
    for (const target of ['../../..', '/', '/etc', 'x/../../../..', `${world.root}/..`])
      await refuses('permission-denied', world.confined.targetOf(directory, target))
  })

  it('takes the whole machine as a root', async () => {
    const machine = new ConfinedRoot('/')
    using directory = await machine.openDirectory(['proc', 'self'])
    assert.equal(directory.names[0], 'proc')
    using root = await machine.openDirectory([])
    assert.deepEqual(root.names, [])
  })

  it('opens no link and no file as a child', async () => {
    await using world = await openWorld(['a'])
    await fs.symlink('a', join(world.root, 'link'))
    await fs.writeFile(join(world.root, 'file'), '')
    using root = await world.confined.openDirectory([])
    for (const name of ['link', 'file'])
      await assert.rejects(root.openChild(name), (error) => isErrno(error, 'ENOTDIR'))
  })
})

describe('checkKey', () => {
  it('takes plain names alone', () => {
    assert.deepEqual(checkKey(['a', '...', ' ', '~']), ['a', '...', ' ', '~'])
    for (const name of ['', '.', '..', 'a/b', '/', 'a\0'])
      assert.throws(
        () => checkKey(['a', name]),
        (error) => hasCode(error, 'invalid-path'),
      )
    assert.throws(
      () => checkKey(['.sftpgo-0123456789abcdef.part']),
      (error) => hasCode(error, 'not-found'),
    )
  })
})

describe('isSameKey', () => {
  it('compares by whole names', () => {
    assert.ok(isSameKey(['a', 'b'], ['a', 'b']))
    assert.ok(!isSameKey(['a', 'b'], ['a']))
    assert.ok(!isSameKey(['a'], ['a', 'b']))
    assert.ok(!isSameKey(['ab'], ['a']))
  })
})

async function refuses(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => hasCode(error, code))
}

async function openWorld(directories: readonly string[]) {
  const base = await fs.mkdtemp(join(tmpdir(), 'confined-'))
  const root = join(base, 'root')
  await fs.mkdir(root)
  for (const directory of directories) await fs.mkdir(join(root, directory), { recursive: true })
  return {
    root,
    confined: new ConfinedRoot(root),
    [Symbol.asyncDispose]: () => fs.rm(base, { recursive: true, force: true }),
  }
}
