import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FileSystems, hasMountBelow, type MountFacts } from './file-systems.ts'

const tmpfs = 0x01021994
const ext4 = 0xef53
const nfs = 0x6969

describe('FileSystems', () => {
  it('knows nothing of a directory until it has looked', async () => {
    const world = openWorld({ '/a': { device: 1, type: ext4, holdsMounts: false } })
    assert.equal(world.systems.at('/a'), undefined)
    await settled()
    assert.ok(world.systems.at('/a'))
  })

  it('makes no direct calls where another machine may have to answer', async () => {
    const world = openWorld({
      '/nfs': { device: 1, type: nfs, holdsMounts: false },
      '/holds': { device: 2, type: ext4, holdsMounts: true },
    })
    for (const path of ['/nfs', '/holds', '/missing']) {
      world.systems.at(path)
      await settled()
      assert.equal(world.systems.at(path), undefined, path)
    }
  })

  it('lets the directories of one file system share what is known of it, and no others', async () => {
    const world = openWorld({
      '/a': { device: 1, type: ext4, holdsMounts: false },
      '/a/b': { device: 1, type: ext4, holdsMounts: false },
      '/c': { device: 2, type: tmpfs, holdsMounts: false },
    })
    for (const path of ['/a', '/a/b', '/c']) world.systems.at(path)
    await settled()
    const [a, b, c] = ['/a', '/a/b', '/c'].map((path) => world.systems.at(path))
    assert.equal(a, b)
    assert.notEqual(a, c)
    for (let call = 0; call < 20; call++)
      await a?.looking.run(
        () => {},
        () => Promise.resolve(),
      )
    assert.ok(a?.looking.isDirect)
    assert.ok(!a?.changing.isDirect && !c?.looking.isDirect)
    assert.deepEqual([a?.isInMemory, c?.isInMemory], [false, true])
  })

  it('looks again after ten seconds, and makes no direct call before it has', async () => {
    const facts: Record<string, MountFacts> = { '/a': { device: 1, type: tmpfs, holdsMounts: false } }
    const world = openWorld(facts)
    world.systems.at('/a')
    await settled()
    assert.ok(world.systems.at('/a'))
    facts['/a'] = { device: 3, type: nfs, holdsMounts: false }
    world.wait(9_999)
    assert.ok(world.systems.at('/a'))
    world.wait(1)
    assert.equal(world.systems.at('/a'), undefined)
    await settled()
    assert.equal(world.systems.at('/a'), undefined)
  })
})

describe('hasMountBelow', () => {
  const mounts = [
    '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
    '30 27 0:25 / /data/a/inner rw - nfs4 host:/x rw',
    '31 27 0:26 / /data/with\\040blank/mount rw - tmpfs tmpfs rw',
    '',
  ].join('\n')
  it('finds what is mounted below a directory, by whole names', () => {
    for (const path of ['/', '/data', '/data/a', '/data/with blank'])
      assert.ok(hasMountBelow(path, mounts), path)
    for (const path of ['/data/a/inner', '/data/a/inn', '/dat', '/data/with'])
      assert.ok(!hasMountBelow(path, mounts), path)
  })
})

function openWorld(facts: Readonly<Record<string, MountFacts>>) {
  let now = 0
  const look = (directory: string) => {
    const found = facts[directory]
    return found ? Promise.resolve(found) : Promise.reject(new Error('ENOENT'))
  }
  return { systems: new FileSystems({ now: () => now, look }), wait: (ms: number) => void (now += ms) }
}

function settled(): Promise<void> {
  return new Promise(setImmediate)
}
