import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { descriptorOf, openSocketPair } from '../../../test/support/socket-pair.ts'
import { asDirectory } from './held-directory.ts'
import { systemCalls } from './system-calls.ts'

assert.ok(systemCalls, 'koffi does not load on this machine')
const { statAt, openWithoutLinks, sendFile } = systemCalls
const base = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'system-calls-')))
const directory = fs.openSync(base, fs.constants.O_RDONLY)
after(() => {
  fs.closeSync(directory)
  fs.rmSync(base, { recursive: true })
})
const path = (...names: string[]) => join(base, ...names)

suite('system calls that Node does not offer', () => {
  test('a file is told as lstat tells it, to the last digit', () => {
    fs.writeFileSync(path('file'), 'four')
    fs.linkSync(path('file'), path('second name'))
    fs.mkdirSync(path('directory'))
    fs.symlinkSync('file', path('link'))
    fs.writeFileSync(path('ñ🐟 %'), '')
    fs.writeFileSync(path('old'), '')
    fs.utimesSync(path('old'), '-86399.75', '-1.25')
    fs.writeFileSync(path('late'), '')
    fs.utimesSync(path('late'), 1.5, 5_000_000_000.123)
    fs.writeFileSync(path('large'), '')
    fs.truncateSync(path('large'), 5 * 2 ** 40 + 3)
    fs.chmodSync(path('large'), 0o6751)
    for (const name of fs.readdirSync(base)) {
      const expected = fs.lstatSync(path(name))
      const found = statAt(directory, name)
      assert.ok(typeof found === 'object', name)
      for (const [field, value] of Object.entries(found))
        assert.equal(value, expected[field as keyof fs.Stats], `${field} of ${name}`)
      assert.equal(Object.keys(found).length, 8)
    }
  })

  test('devices are numbered as Node numbers them', () => {
    const root = fs.openSync('/', fs.constants.O_RDONLY)
    for (const name of ['dev', 'proc', 'sys', 'tmp', 'etc'])
      assert.partialDeepStrictEqual(statAt(root, name), { dev: fs.lstatSync(`/${name}`).dev }, name)
    fs.closeSync(root)
  })

  test('what is not there, and a descriptor that is none, is nothing', () => {
    assert.equal(statAt(directory, 'missing'), 'nothing')
    assert.equal(statAt(-1, 'file'), undefined)
    assert.equal(openWithoutLinks?.(path('missing'), fs.constants.O_RDONLY), undefined)
  })

  test('a path is opened only where no part of it is a link', () => {
    assert.ok(openWithoutLinks, 'the kernel has no openat2')
    fs.mkdirSync(path('a/b/c'), { recursive: true })
    fs.symlinkSync('b', path('a/same'))
    fs.symlinkSync('/', path('a/b/root'))
    const descriptor = openWithoutLinks(path('a/b/c'), asDirectory)
    assert.ok(descriptor !== undefined)
    assert.equal(fs.readlinkSync(`/proc/self/fd/${descriptor}`), path('a/b/c'))
    const flags = /^flags:\s+(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1]
    assert.ok((parseInt(flags ?? '', 8) & 0o2000000) !== 0, 'programs that are started inherit it')
    fs.closeSync(descriptor)
    for (const refused of ['a/same', 'a/same/c', 'a/b/root', 'a/b/root/etc', 'file'])
      assert.equal(openWithoutLinks(path(refused), asDirectory), undefined, refused)
    assert.equal(openWithoutLinks(`/proc/self/fd/${directory}/a`, asDirectory), undefined)
  })

  test('a socket gets the bytes from the place that is asked for, as many as it takes', async () => {
    const size = 24 * 1024 * 1024
    const content = Buffer.alloc(size, 'no two pieces of this text are alike ')
    for (let at = 0; at < size; at += 4096) content.writeUInt32LE(at, at)
    fs.writeFileSync(path('content'), content)
    const file = fs.openSync(path('content'), fs.constants.O_RDONLY)
    await using pair = await openSocketPair()
    const { sender, receiver } = pair
    const descriptor = descriptorOf(sender)
    receiver.pause()
    const start = 4097
    let sent = 0
    for (let took = -1; took !== 0; sent += took)
      took = sendFile(descriptor, file, start + sent, size - start - sent)
    assert.ok(sent > 0 && sent < size - start, `${sent} bytes went to a socket that nobody reads`)
    const got: Buffer[] = []
    receiver.on('data', (bytes: Buffer) => got.push(bytes)).resume()
    while (start + sent < size) {
      const took = sendFile(descriptor, file, start + sent, size)
      sent += took
      if (took === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    assert.equal(sendFile(descriptor, file, size, 1), 0)
    assert.equal(sendFile(descriptor, file, 2 ** 40, 1), 0)
    sender.end()
    await once(receiver, 'end')
    assert.ok(Buffer.concat(got).equals(content.subarray(start)))
    assert.equal(sendFile(-1, file, 0, 1), 0)
    assert.equal(sendFile(descriptor, -1, 0, 1), 0)
    fs.closeSync(file)
  })

  test('a socket whose peer is gone takes nothing', async () => {
    fs.writeFileSync(path('some'), Buffer.alloc(100_000))
    const file = fs.openSync(path('some'), fs.constants.O_RDONLY)
    await using pair = await openSocketPair()
    const { sender, receiver } = pair
    sender.on('error', () => {})
    receiver.resetAndDestroy()
    await once(receiver, 'close')
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(sendFile(descriptorOf(sender), file, 0, 100_000), 0)
    fs.closeSync(file)
  })
})
