import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { type FieldWriter, packetType } from '../../../src/protocols/sftp/sftp-codec.ts'
import { statusCode } from '../../../src/protocols/sftp/sftp-status.ts'
import { handleIn, openSftpWorld, type RawReply, type RawSftp } from '../../support/sftp-world.ts'

const { ok, eof, noSuchFile } = statusCode
const [read, write, create, truncate] = [1, 2, 8, 16]
const put = write | create | truncate
const bytes = randomBytes(200_000)

/** /f as it is for others, and a handle that has written the beginning of what it will be. */
async function openWorld() {
  const world = await openSftpWorld()
  const sftp = await world.openSftp()
  await store(sftp, '/f', Buffer.from('the earlier file'))
  const handle = await sftp.open('/f', put)
  assert.equal(await sftp.write(handle, 0, bytes.subarray(0, 10)), ok)
  return { world, sftp, handle, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

async function store(sftp: RawSftp, name: string, content: Buffer): Promise<void> {
  const handle = await sftp.open(name, put)
  assert.equal(await sftp.write(handle, 0, content), ok)
  assert.equal(await sftp.close(handle), ok)
}

function sizeIn({ type, fields }: RawReply): number {
  assert.equal(type, packetType.attrs)
  fields.uint32()
  return fields.uint64()
}

/** WRITEs of all of `bytes` from `start`, sent ahead. */
function writeAhead(sftp: RawSftp, handle: number, start: number): Promise<number>[] {
  const writes: Promise<number>[] = []
  for (let at = start; at < bytes.length; at += 5_000)
    writes.push(sftp.write(handle, at, bytes.subarray(at, Math.min(bytes.length, at + 5_000))))
  return writes
}

const sized = (size: number) => (fields: FieldWriter) => fields.uint32(1).uint64(size)
const path = (text: string) => (fields: FieldWriter) => fields.text(text)
const numbered = (handle: number) => (fields: FieldWriter) => fields.uint32(4).uint32(handle)

test('a session reads the file that it is still sending, and all of it that has come since it was opened', async () => {
  await using opened = await openWorld()
  const { world, sftp, handle } = opened
  const other = await world.openSftp()
  const file = await sftp.open('/f', read)
  assert.deepEqual(await sftp.read(file, 0, 1000), bytes.subarray(0, 10))
  for (const end of [1000, 1010, 150_000, bytes.length]) {
    assert.equal(await sftp.write(handle, 10, bytes.subarray(10, end)), ok)
    assert.deepEqual(await sftp.read(file, 0, 160_000), bytes.subarray(0, Math.min(end, 160_000)))
    assert.deepEqual(await sftp.read(file, end - 5, 100), bytes.subarray(end - 5, end))
    assert.equal(await sftp.read(file, end, 100), eof)
    assert.equal(sizeIn(await sftp.request(packetType.fstat, numbered(file))), end)
  }
  assert.deepEqual(await other.read(await other.open('/f', read), 0, 100), Buffer.from('the earlier file'))
  assert.equal(await sftp.close(handle), ok)
  assert.deepEqual(await sftp.read(file, 199_000, 9000), bytes.subarray(199_000))
  assert.deepEqual(await other.read(await other.open('/f', read), 0, 20), bytes.subarray(0, 20))
  assert.equal(await sftp.close(file), ok)
})

test('no READ waits for the CLOSE of what it reads', async () => {
  await using opened = await openWorld()
  const { sftp, handle } = opened
  const startedAt = performance.now()
  for (let end = 11; end <= 30; end++) {
    assert.equal(await sftp.write(handle, end - 1, bytes.subarray(end - 1, end)), ok)
    const file = await sftp.open('/f', read)
    assert.deepEqual(await sftp.read(file, 0, 100), bytes.subarray(0, end))
    assert.equal(await sftp.close(file), ok)
  }
  // Twenty times what a request waits that needs the CLOSE is five seconds.
  assert.ok(performance.now() - startedAt < 2_500)
})

test('a READ and an FSTAT of what is still being sent come after the WRITEs that were sent before', async () => {
  await using opened = await openWorld()
  const { sftp, handle } = opened
  const file = await sftp.open('/f', read)
  for (let end = 10_010; end < bytes.length; end += 10_000) {
    const [, answer, content] = await Promise.all([
      sftp.write(handle, end - 10_000, bytes.subarray(end - 10_000, end)),
      sftp.request(packetType.fstat, numbered(file)),
      sftp.read(file, end - 10_000, 30_000),
    ])
    assert.equal(sizeIn(answer), end)
    assert.deepEqual(content, bytes.subarray(end - 10_000, end))
  }
  const last = [sftp.write(handle, 0, bytes), sftp.read(file, 190_000, 9000), sftp.close(file)] as const
  assert.deepEqual(await Promise.all(last), [ok, bytes.subarray(190_000, 199_000), ok])
})

test('a file is opened to be read in its turn behind a change of its name that waits for the CLOSE', async () => {
  await using opened = await openWorld()
  const { sftp, handle } = opened
  const [removed, found, answer] = await Promise.all([
    sftp.status(packetType.remove, path('/f')),
    sftp.status(packetType.stat, path('/f')),
    sftp.status(packetType.open, (fields) => fields.text('/f').uint32(read).uint32(0)),
    sftp.close(handle),
  ])
  assert.deepEqual([removed, found, answer], [ok, noSuchFile, noSuchFile])
})

test('what is asked for by the reader comes after the WRITEs also when the CLOSE of the writer was sent before it', async () => {
  await using opened = await openWorld()
  const { sftp, handle } = opened
  const file = await sftp.open('/f', read)
  const writes = writeAhead(sftp, handle, 10)
  const closed = sftp.close(handle)
  const stat = sftp.request(packetType.fstat, numbered(file))
  const last = sftp.read(file, bytes.length - 100, 1000)
  assert.equal(sizeIn(await stat), bytes.length)
  assert.deepEqual(await last, bytes.subarray(-100))
  assert.deepEqual(new Set(await Promise.all([...writes, closed])), new Set([ok]))
})

for (const how of ['by its name', 'by a reader'])
  test(`a size that is set ${how} holds for the WRITEs that were sent before`, async () => {
    await using opened = await openWorld()
    const { sftp, handle } = opened
    const file = await sftp.open('/f', read)
    const writes = writeAhead(sftp, handle, 10)
    const set =
      how === 'by its name'
        ? sftp.status(packetType.setstat, (fields) => sized(10)(path('/f')(fields)))
        : sftp.status(packetType.fsetstat, (fields) => sized(10)(numbered(file)(fields)))
    const answers = await Promise.all([...writes, set, sftp.close(handle)])
    assert.deepEqual(new Set(answers), new Set([ok]))
    assert.deepEqual(await sftp.read(await sftp.open('/f', read), 0, 100), bytes.subarray(0, 10))
  })

test('two copies that cross each other come after the WRITEs that were sent before, and do not wait for each other', async () => {
  await using opened = await openWorld()
  const { sftp, handle } = opened
  const other = await sftp.open('/g', put)
  const [readF, readG] = [await sftp.open('/f', read), await sftp.open('/g', read)]
  const writes = [...writeAhead(sftp, handle, 10), sftp.write(other, 0, Buffer.from('short'))]
  const copy = (from: number, to: number, at: number) =>
    sftp.status(packetType.extended, (fields) => {
      fields.text('copy-data').uint32(4).uint32(from).uint64(0).uint64(0)
      return fields.uint32(4).uint32(to).uint64(at)
    })
  const answers = await Promise.all([...writes, copy(readF, other, 0), copy(readG, handle, 0)])
  assert.deepEqual(new Set(answers), new Set([ok]))
  for (const each of [handle, other]) assert.equal(await sftp.close(each), ok)
  for (const name of ['/f', '/g'])
    assert.deepEqual(
      await sftp.read(await sftp.open(name, read), 190_000, 9_000),
      bytes.subarray(190_000, 199_000),
    )
})

test('a STAT does not wait for what a limit of bandwidth holds up, nor does what comes behind it', async () => {
  await using world = await openSftpWorld()
  await world.core.addUser('slow', { uploadBandwidth: 10 })
  const sftp = await world.openSftp({ username: 'slow', password: 'slow-password' })
  const handle = await sftp.open('/f', put)
  let written = 0
  for (const write of writeAhead(sftp, handle, 0))
    void write.then(
      () => written++,
      () => undefined,
    )
  const stats = Array.from({ length: 20 }, () => sftp.request(packetType.stat, path('/f')))
  await Promise.all([...stats, sftp.status(packetType.stat, path('/other'))])
  assert.ok(written < 20, 'the file takes twenty seconds')
})

test('a listing tells of the file that is being sent what STAT does, and an scp over the connection what others see', async () => {
  await using opened = await openWorld()
  const { sftp } = opened
  const directory = handleIn(await sftp.request(packetType.opendir, path('/')))
  const { type, fields } = await sftp.request(packetType.readdir, numbered(directory))
  assert.equal(type, packetType.name)
  const sizes = new Map<string, number>()
  for (let left = fields.uint32(); left > 0; left--) {
    const name = fields.text()
    fields.text()
    const isSized = (fields.uint32() & 1) === 1
    assert.ok(isSized)
    sizes.set(name, fields.uint64())
    for (let word = 0; word < 5; word++) fields.uint32()
  }
  assert.equal(sizes.get('f'), 10)
  const hashed = await new Promise<string>((resolve, reject) => {
    sftp.client.exec('sha256sum /f', (error, stream) => {
      if (error) reject(error)
      else text(stream).then(resolve, reject)
    })
  })
  const earlier = createHash('sha256').update('the earlier file').digest('hex')
  assert.equal(hashed.split(' ')[0], earlier)
})
