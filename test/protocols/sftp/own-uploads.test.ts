import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { type FieldWriter, packetType } from '../../../src/protocols/sftp/sftp-codec.ts'
import { statusCode } from '../../../src/protocols/sftp/sftp-status.ts'
import { openSftpWorld, type RawReply, type RawSftp } from '../../support/sftp-world.ts'

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
