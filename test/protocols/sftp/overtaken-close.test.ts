import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type FieldWriter, packetType } from '../../../src/protocols/sftp/sftp-codec.ts'
import { statusCode } from '../../../src/protocols/sftp/sftp-status.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { handleIn, openSftpWorld, type RawReply, type RawSftp } from '../../support/sftp-world.ts'

const { ok, eof } = statusCode
const [read, write, create, truncate] = [1, 2, 8, 16]
const put = write | create | truncate

const path = (text: string) => (fields: FieldWriter) => fields.text(text)
const [earlier, later] = [Buffer.from('the earlier file'), Buffer.from('the later one')]

/** /f as it was, and a handle that has written what it will be. */
async function openOverwrite() {
  const world = await openSftpWorld()
  const sftp = await world.openSftp()
  await store(sftp, '/f', earlier)
  const handle = await sftp.open('/f', put)
  assert.equal(await sftp.write(handle, 0, later), ok)
  const fileOf = (name: string) => readFile(join(world.home, name), 'utf8').catch(() => undefined)
  const { home } = world
  return { sftp, handle, fileOf, home, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

async function store(sftp: RawSftp, name: string, bytes: Buffer): Promise<void> {
  const handle = await sftp.open(name, put)
  assert.equal(await sftp.write(handle, 0, bytes), ok)
  assert.equal(await sftp.close(handle), ok)
}

test('a file opened to be read just before the CLOSE of its upload is the uploaded one', async () => {
  await using world = await openOverwrite()
  const { sftp } = world
  const [file, closed] = await Promise.all([sftp.open('/f', read), sftp.close(world.handle)])
  assert.equal(closed, ok)
  assert.deepEqual(await sftp.read(file, 0, 100), later)
})

test('what is written to a file that is opened again just before its CLOSE is not lost', async () => {
  await using world = await openOverwrite()
  const { sftp } = world
  const [file] = await Promise.all([sftp.open('/f', write), sftp.close(world.handle)])
  assert.equal(await sftp.write(file, later.length, Buffer.from(' and more')), ok)
  assert.equal(await sftp.close(file), ok)
  assert.equal(await world.fileOf('f'), `${later} and more`)
})

test('a new file can be renamed, and then removed, just before its CLOSE', async () => {
  await using world = await openOverwrite()
  const { sftp } = world
  const file = await sftp.open('/new', put)
  assert.equal(await sftp.write(file, 0, later), ok)
  const [renamed] = await Promise.all([
    sftp.status(packetType.rename, (fields) => fields.text('/new').text('/moved')),
    sftp.close(file),
  ])
  assert.equal(renamed, ok)
  assert.deepEqual([await world.fileOf('new'), await world.fileOf('moved')], [undefined, `${later}`])

  const [removed] = await Promise.all([sftp.status(packetType.remove, path('/f')), sftp.close(world.handle)])
  assert.deepEqual([removed, await world.fileOf('f')], [ok, undefined])
})

test('a client that removes what it has sent of a new file, and closes or loses it then, leaves nothing', async () => {
  await using world = await openOverwrite()
  const { sftp } = world
  const [closed, lost] = [await sftp.open('/closed', put), await sftp.open('/lost', put)]
  for (const [handle, name] of [
    [closed, '/closed'],
    [lost, '/lost'],
    [world.handle, '/f'],
  ] as const) {
    assert.equal(await sftp.write(handle, 0, later), ok)
    assert.equal(await sftp.status(packetType.remove, path(name)), ok)
    assert.equal(await sftp.status(packetType.stat, path(name)), statusCode.noSuchFile)
    assert.equal(await sftp.write(handle, later.length, later), ok)
  }
  for (const handle of [closed, world.handle]) assert.equal(await sftp.close(handle), ok)
  sftp.client.end()
  await once(sftp.client, 'close')
  await waitUntil('the session to end', async () => (await readdir(world.home)).length === 0)
})

test('a file that is renamed while it is open is complete under the new name', async () => {
  await using world = await openOverwrite()
  const { sftp } = world
  await store(sftp, '/good', earlier)
  const renamed = await sftp.status(packetType.extended, (fields) =>
    fields.text('posix-rename@openssh.com').text('/f').text('/good'),
  )
  assert.deepEqual(
    [renamed, await world.fileOf('f'), await world.fileOf('good')],
    [ok, undefined, `${earlier}`],
  )
  assert.equal(await sftp.close(world.handle), ok)
  assert.deepEqual([await world.fileOf('f'), await world.fileOf('good')], [undefined, `${later}`])
})

test('a listing asked for just before the CLOSE of a new file holds it', async () => {
  await using world = await openOverwrite()
  const { sftp } = world
  const file = await sftp.open('/new', put)
  const [listing] = await Promise.all([sftp.request(packetType.opendir, path('/')), sftp.close(file)])
  const directory = handleIn(listing)
  const names: string[] = []
  for (;;) {
    const reply = await sftp.request(packetType.readdir, (fields) => fields.uint32(4).uint32(directory))
    if (reply.type === packetType.status) {
      assert.equal(reply.fields.uint32(), eof)
      break
    }
    names.push(...namesIn(reply))
  }
  assert.deepEqual(names.sort(), ['.', '..', 'f', 'new'])
})

test('requests that wait for one CLOSE go on in their order', async () => {
  await using world = await openOverwrite()
  const { sftp } = world
  const [file, , removed] = await Promise.all([
    sftp.open('/f', read | write),
    sftp.write(world.handle, 0, Buffer.from('THE')),
    sftp.status(packetType.remove, path('/f')),
    sftp.close(world.handle),
  ])
  assert.equal(removed, ok)
  assert.deepEqual(await sftp.read(file, 0, 100), Buffer.from('THE later one'))
  assert.equal(await world.fileOf('f'), undefined)
})

function namesIn({ type, fields }: RawReply): string[] {
  assert.equal(type, packetType.name)
  return Array.from({ length: fields.uint32() }, () => {
    const name = fields.text()
    fields.text()
    if (fields.uint32() !== 0) for (let i = 0; i < 7; i++) fields.uint32()
    return name
  })
}
