import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { link, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { VirtualPath } from '../../../src/core/files/virtual-path.ts'
import { type FieldWriter, packetType } from '../../../src/protocols/sftp/sftp-codec.ts'
import { statusCode } from '../../../src/protocols/sftp/sftp-status.ts'
import { handleIn, openSftpWorld, type RawReply, RawSftp, statusIn } from '../../support/sftp-world.ts'

const { ok, eof, noSuchFile, permissionDenied, failure, badMessage, unsupported } = statusCode
const [read, write, append, create, truncate, exclusive] = [1, 2, 4, 8, 16, 32]
const put = write | create | truncate

const path = (text: string) => (fields: FieldWriter) => fields.text(text)
const twoPaths = (one: string, other: string) => (fields: FieldWriter) => fields.text(one).text(other)
const handle = (number: number) => (fields: FieldWriter) => fields.uint32(4).uint32(number)

interface Attributes {
  readonly size: number
  readonly mode: number
  readonly modified: number
}

function attributesIn({ type, fields }: RawReply): Attributes {
  assert.equal(type, packetType.attrs)
  assert.equal(fields.uint32(), 0xf)
  const size = fields.uint64()
  fields.uint64()
  const mode = fields.uint32()
  fields.uint32()
  return { size, mode, modified: fields.uint32() }
}

function namesIn({ type, fields }: RawReply): { name: string; longName: string }[] {
  assert.equal(type, packetType.name)
  return Array.from({ length: fields.uint32() }, () => {
    const entry = { name: fields.text(), longName: fields.text() }
    const flags = fields.uint32()
    if (flags !== 0) for (let i = 0; i < 7; i++) fields.uint32()
    return entry
  })
}

async function listAll(sftp: RawSftp, directory: string): Promise<{ name: string; longName: string }[]> {
  const open = handleIn(await sftp.request(packetType.opendir, path(directory)))
  const entries: { name: string; longName: string }[] = []
  for (;;) {
    const reply = await sftp.request(packetType.readdir, handle(open))
    if (reply.type === packetType.status) {
      assert.equal(statusIn(reply), eof)
      assert.equal(await sftp.close(open), ok)
      return entries
    }
    entries.push(...namesIn(reply))
  }
}

test('announces version 3 and exactly the extensions that it serves', async () => {
  await using world = await openSftpWorld()
  const sftp = await RawSftp.openSilently(await world.connect())
  const version = await sftp.init()
  assert.equal(version.uint32(), 3)
  const announced: Record<string, string> = {}
  while (version.left > 0) announced[version.text()] = version.text()
  assert.deepEqual(announced, {
    'posix-rename@openssh.com': '1',
    'statvfs@openssh.com': '2',
    'fstatvfs@openssh.com': '2',
    'fsync@openssh.com': '1',
    'lsetstat@openssh.com': '1',
    'limits@openssh.com': '1',
    'copy-data': '1',
  })
})

test('gives back what was written, in any order of positions, with a hole between', async () => {
  await using world = await openSftpWorld()
  const sftp = await world.openSftp()
  const bytes = randomBytes(700_000)
  const file = await sftp.open('/file', read | put)
  const parts = [500_000, 0, 261_120].map((from, i) => ({
    from,
    data: bytes.subarray(from, [700_000, 200_000, 500_000][i]),
  }))
  const written = await Promise.all(
    parts.map(({ from, data }) => sftp.write(file, from, data.subarray(0, 200_000))),
  )
  assert.deepEqual(written, [ok, ok, ok])
  assert.equal(((await sftp.read(file, 690_000, 20_000)) as Buffer).length, 10_000)
  assert.equal(await sftp.read(file, 700_000, 10), eof)
  assert.equal(await sftp.close(file), ok)
  const expected = Buffer.alloc(700_000)
  for (const { from, data } of parts) data.subarray(0, 200_000).copy(expected, from)
  assert.deepEqual(await readFile(join(world.home, 'file')), expected)
  assert.equal((await stat(join(world.home, 'file'))).mode & 0o777, 0o644)
})

test('answers reads sent ahead with the right bytes, whole, short and past the end', async () => {
  await using world = await openSftpWorld()
  const bytes = randomBytes(900_001)
  await writeFile(join(world.home, 'file'), bytes)
  const sftp = await world.openSftp()
  const [one, other] = [await sftp.open('/file', read), await sftp.open('/file', read)]
  const reads: [number, number, number][] = []
  for (let at = 0; at < 950_000; at += 32_768) reads.push([one, at, 32_768])
  for (let at = 940_000; at >= 0; at -= 261_120) reads.push([other, at, 300_000])
  const answers = await Promise.all(reads.map(([file, at, length]) => sftp.read(file, at, length)))
  for (const [i, [, at, length]] of reads.entries()) {
    const expected = bytes.subarray(at, at + Math.min(length, 261_120))
    assert.deepEqual(answers[i], expected.length > 0 ? Buffer.from(expected) : eof, `read ${i} at ${at}`)
  }
  assert.deepEqual(await sftp.read(one, 0, 0), Buffer.alloc(0))
})

test('a READ that goes beyond the end which the file had when it was opened is answered with all there is', async () => {
  await using world = await openSftpWorld()
  const [sftp, other] = [await world.openSftp(), await world.openSftp()]
  const bytes = randomBytes(60_000)
  await writeFile(join(world.home, 'log'), bytes.subarray(0, 100))
  const [file, log] = [await sftp.open('/log', read), await other.open('/log', write | append)]
  assert.deepEqual(await sftp.read(file, 0, 200), bytes.subarray(0, 100))
  assert.equal(await other.write(log, 0, bytes.subarray(100, 2000)), ok)
  assert.deepEqual(await sftp.read(file, 0, 4096), bytes.subarray(0, 2000))
  assert.equal(await other.write(log, 0, bytes.subarray(2000)), ok)
  const answers = await Promise.all([0, 30_000, 60_000].map((position) => sftp.read(file, position, 30_000)))
  assert.deepEqual(answers, [bytes.subarray(0, 30_000), bytes.subarray(30_000), eof])
})

test('keeps the order of requests on one handle that depend on each other', async () => {
  await using world = await openSftpWorld()
  const sftp = await world.openSftp()
  const file = await sftp.open('/file', read | put)
  const [, first, , second, synced, closed, afterwards] = await Promise.all([
    sftp.write(file, 0, Buffer.alloc(50_000, 'a')),
    sftp.request(packetType.fstat, handle(file)),
    sftp.write(file, 50_000, Buffer.alloc(50_000, 'b')),
    sftp.read(file, 49_999, 2),
    sftp.status(packetType.extended, (fields) => fields.text('fsync@openssh.com').uint32(4).uint32(file)),
    sftp.close(file),
    sftp.request(packetType.stat, path('/file')),
  ])
  assert.equal(attributesIn(first).size, 50_000)
  assert.deepEqual(second, Buffer.from('ab'))
  assert.deepEqual([synced, closed], [ok, ok])
  assert.equal(attributesIn(afterwards).size, 100_000)
})

test('answers what is asked about a file after the WRITEs that were sent before, whichever handle they name', async () => {
  await using world = await openSftpWorld()
  const sftp = await world.openSftp()
  const bytes = randomBytes(200_000)
  await writeFile(join(world.home, 'f'), '')
  const [file, writing, staged] = [
    await sftp.open('/f', read),
    await sftp.open('/f', write),
    await sftp.open('/new', put),
  ]
  for (let end = 10_000; end < bytes.length; end += 10_000) {
    const part = bytes.subarray(end - 10_000, end)
    const [, , fstat, content, ...answers] = await Promise.all([
      sftp.write(writing, end - 10_000, part),
      sftp.write(staged, end - 10_000, part),
      sftp.request(packetType.fstat, handle(file)),
      sftp.read(file, end - 10_000, 30_000),
      ...['/f', '/new'].flatMap((name) => [
        sftp.request(packetType.stat, path(name)),
        sftp.request(packetType.lstat, path(name)),
      ]),
    ])
    for (const answer of [fstat, ...answers]) assert.equal(attributesIn(answer).size, end)
    assert.deepEqual(content, part)
  }
  const last = [sftp.write(writing, 0, bytes), sftp.read(file, 190_000, 9000), sftp.close(file)] as const
  assert.deepEqual(await Promise.all(last), [ok, bytes.subarray(190_000, 199_000), ok])
})

test('answers a CLOSE after the reads sent before it', async () => {
  await using world = await openSftpWorld()
  await writeFile(join(world.home, 'file'), Buffer.alloc(2_000_000))
  const sftp = await world.openSftp()
  const file = await sftp.open('/file', read)
  sftp.order.length = 0
  const reads = Array.from({ length: 20 }, (_, i) => sftp.read(file, i * 100_000, 100_000))
  const closed = sftp.close(file)
  for (const bytes of await Promise.all(reads)) assert.equal((bytes as Buffer).length, 100_000)
  assert.equal(await closed, ok)
  assert.equal(sftp.order.at(-1), Math.max(...sftp.order))
})

test('treats each combination of open flags as the draft has it', async () => {
  await using world = await openSftpWorld()
  const sftp = await world.openSftp()
  const content = () => readFile(join(world.home, 'file'), 'utf8')
  const writeAndClose = async (flags: number, text: string, position = 0) => {
    const file = await sftp.open('/file', flags)
    assert.equal(await sftp.write(file, position, Buffer.from(text)), ok)
    assert.equal(await sftp.close(file), ok)
  }
  await assert.rejects(sftp.open('/file', read), /status 2/)
  await assert.rejects(sftp.open('/file', write), /status 2/)
  await assert.rejects(sftp.open('/file', write | truncate), /status 2/)
  await writeAndClose(write | create, 'abcdef')
  await writeAndClose(write, 'XY', 2)
  assert.equal(await content(), 'abXYef')
  await writeAndClose(write | create, 'Z')
  assert.equal(await content(), 'ZbXYef')
  await assert.rejects(sftp.open('/file', write | create | exclusive), /status 4/)
  await writeAndClose(append | write, '+', 999)
  await writeAndClose(append, '-', 0)
  assert.equal(await content(), 'ZbXYef+-')
  await writeAndClose(put, 'new')
  assert.equal(await content(), 'new')
  assert.equal(await sftp.close(await sftp.open('/file', read | create)), ok)
  assert.equal(await content(), 'new')
  assert.equal(await sftp.close(await sftp.open('/other', read | create | exclusive)), ok)
  assert.deepEqual((await readdir(world.home)).sort(), ['file', 'other'])
})

test('handles that append to one file keep the bytes of each', async () => {
  await using world = await openSftpWorld()
  await writeFile(join(world.home, 'log'), '')
  const sftp = await world.openSftp()
  const handles = await Promise.all([1, 2, 3].map(() => sftp.open('/log', write | append | create)))
  const lines = ['a', 'b', 'c', 'd'].flatMap((name) => handles.map((_, index) => `${name}${index}\n`))
  const writes = lines.map((line, index) => sftp.write(handles[index % 3] ?? 0, 0, Buffer.from(line)))
  assert.deepEqual(new Set(await Promise.all(writes)), new Set([ok]))
  for (const file of handles) assert.equal(await sftp.close(file), ok)
  const stored = (await readFile(join(world.home, 'log'), 'utf8')).split(/(?<=\n)/)
  assert.deepEqual(stored.toSorted(), lines.toSorted())
})

test('refuses what a handle was not opened for', async () => {
  await using world = await openSftpWorld()
  await writeFile(join(world.home, 'file'), 'text')
  const sftp = await world.openSftp()
  const reader = await sftp.open('/file', read)
  const writer = await sftp.open('/new', put)
  const directory = handleIn(await sftp.request(packetType.opendir, path('/')))
  assert.equal(await sftp.write(reader, 0, Buffer.from('x')), permissionDenied)
  assert.equal(await sftp.read(writer, 0, 10), permissionDenied)
  assert.equal(await sftp.write(directory, 0, Buffer.from('x')), permissionDenied)
  assert.equal(await sftp.read(directory, 0, 10), failure)
  assert.equal(await sftp.status(packetType.readdir, handle(reader)), noSuchFile)
  for (const number of [0, 99, 0xffff_ffff]) {
    assert.equal(await sftp.close(number), failure)
    assert.equal(await sftp.read(number, 0, 1), failure)
    assert.equal(await sftp.write(number, 0, Buffer.from('x')), failure)
  }
  assert.equal(await sftp.close(reader), ok)
  assert.equal(await sftp.close(reader), failure)
})

test('lists a directory with . and .. first, every entry once, as ls -l shows it', async () => {
  await using world = await openSftpWorld()
  await mkdir(join(world.home, 'many'))
  const names = Array.from({ length: 1_500 }, (_, i) => `entry-${i}-äöü`)
  await Promise.all(names.map((name) => writeFile(join(world.home, 'many', name), name)))
  const sftp = await world.openSftp()
  const entries = await listAll(sftp, 'many')
  assert.deepEqual(
    entries.slice(0, 2).map(({ name }) => name),
    ['.', '..'],
  )
  assert.deepEqual(
    entries
      .slice(2)
      .map(({ name }) => name)
      .sort(),
    [...names].sort(),
  )
  assert.match(
    entries[2]?.longName ?? '',
    /^-rw-r--r-- +1 \d+ +\d+ +\d+ \w{3} [ \d]\d \d\d:\d\d entry-\d+-äöü$/,
  )
  assert.equal(await sftp.status(packetType.opendir, path('/none')), noSuchFile)
})

test('makes, removes, renames and links names, and says why it cannot', async () => {
  await using world = await openSftpWorld()
  const sftp = await world.openSftp()
  const mkdirTo = (name: string) => sftp.status(packetType.mkdir, (fields) => fields.text(name).uint32(0))
  assert.equal(await mkdirTo('/d'), ok)
  assert.equal(await mkdirTo('/d'), failure)
  assert.equal((await stat(join(world.home, 'd'))).mode & 0o777, 0o755)
  for (const name of ['a', 'b']) await writeFile(join(world.home, name), name)
  assert.equal(await sftp.status(packetType.rename, twoPaths('/a', '/b')), failure)
  assert.equal(await readFile(join(world.home, 'b'), 'utf8'), 'b')
  const posixRename = (fields: FieldWriter) => fields.text('posix-rename@openssh.com').text('/a').text('/b')
  assert.equal(await sftp.status(packetType.extended, posixRename), ok)
  assert.equal(await readFile(join(world.home, 'b'), 'utf8'), 'a')
  assert.equal(await sftp.status(packetType.rename, twoPaths('/b', '/d/c')), ok)
  assert.equal(await sftp.status(packetType.rmdir, path('/d')), failure)
  assert.equal(await sftp.status(packetType.remove, path('/d')), failure)
  assert.equal(await sftp.status(packetType.symlink, twoPaths('d/c', '/link')), ok)
  const [target] = namesIn(await sftp.request(packetType.readlink, path('/link')))
  assert.equal(target?.name, 'd/c')
  assert.equal(attributesIn(await sftp.request(packetType.lstat, path('/link'))).mode & 0o170000, 0o120000)
  assert.equal(attributesIn(await sftp.request(packetType.stat, path('/link'))).size, 1)
  assert.equal(await sftp.status(packetType.remove, path('/d/c')), ok)
  assert.equal(await sftp.status(packetType.stat, path('/link')), noSuchFile)
  assert.equal(await sftp.status(packetType.rmdir, path('/d')), ok)
  assert.equal(await sftp.status(packetType.stat, path('/d/c')), noSuchFile)
})

test('a name renamed onto itself stays as it is', async () => {
  await using world = await openSftpWorld()
  await writeFile(join(world.home, 'f'), 'x')
  const sftp = await world.openSftp()
  const renameOver = (from: string, to: string) =>
    sftp.status(packetType.extended, (fields) => fields.text('posix-rename@openssh.com').text(from).text(to))
  assert.deepEqual([await renameOver('/f', '/f'), await renameOver('/none', '/none')], [ok, noSuchFile])
  assert.equal(await sftp.status(packetType.rename, twoPaths('/f', '/f')), failure)
  assert.equal(await readFile(join(world.home, 'f'), 'utf8'), 'x')
})

test('attributes set by a handle that reads are those of its file, not of one that took its name', async () => {
  await using world = await openSftpWorld()
  for (const name of ['f', 'other']) await writeFile(join(world.home, name), name, { mode: 0o644 })
  const sftp = await world.openSftp()
  const file = await sftp.open('/f', read)
  const chmod = () =>
    sftp.status(packetType.fsetstat, (fields) => fields.uint32(4).uint32(file).uint32(4).uint32(0o600))
  assert.equal(await chmod(), ok)
  assert.equal((await stat(join(world.home, 'f'))).mode & 0o777, 0o600)
  await rename(join(world.home, 'other'), join(world.home, 'f'))
  assert.equal(await chmod(), noSuchFile)
  assert.equal((await stat(join(world.home, 'f'))).mode & 0o777, 0o644)
})

test('does not follow a link that leads out of the home', async () => {
  await using world = await openSftpWorld()
  await writeFile(join(world.core.directory, 'secret'), 'secret')
  await symlink('../secret', join(world.home, 'link'))
  const sftp = await world.openSftp()
  await assert.rejects(sftp.open('/link', read), /status 3/)
  assert.equal(await sftp.status(packetType.stat, path('/../../secret')), noSuchFile)
})

test('resolves names from the start directory, without a permission', async () => {
  await using world = await openSftpWorld()
  await world.core.addUser('bob', { startDirectory: '/in/here' as VirtualPath, permissions: { '/': [] } })
  const sftp = await world.openSftp({ username: 'bob', password: 'bob-password' })
  const resolved = async (name: string) =>
    namesIn(await sftp.request(packetType.realpath, path(name)))[0]?.name
  assert.equal(await resolved('.'), '/in/here')
  assert.equal(await resolved(''), '/in/here')
  assert.equal(await resolved('../x/./y//'), '/in/x/y')
  assert.equal(await resolved('/../..'), '/')
  assert.equal(await sftp.status(packetType.stat, path('/')), permissionDenied)
})

test('sets size, mode and times by name and by handle, and no owner', async () => {
  await using world = await openSftpWorld()
  await writeFile(join(world.home, 'file'), 'abcdef')
  const sftp = await world.openSftp()
  const set = (fields: FieldWriter) => fields.uint32(0xd).uint64(3).uint32(0o100600).uint32(100).uint32(200)
  assert.equal(await sftp.status(packetType.setstat, (fields) => set(fields.text('/file'))), ok)
  const after = attributesIn(await sftp.request(packetType.stat, path('/file')))
  assert.deepEqual(after, { size: 3, mode: 0o100600, modified: 200 })
  const file = await sftp.open('/file', write)
  const byHandle = (fields: FieldWriter) => fields.uint32(4).uint32(file).uint32(8).uint32(5).uint32(7)
  assert.equal(await sftp.status(packetType.fsetstat, byHandle), ok)
  assert.equal(await sftp.close(file), ok)
  assert.equal(attributesIn(await sftp.request(packetType.stat, path('/file'))).modified, 7)
  const owner = (fields: FieldWriter) => fields.text('/file').uint32(2).uint32(4321).uint32(4321)
  assert.equal(await sftp.status(packetType.setstat, owner), unsupported)
  await symlink('file', join(world.home, 'link'))
  const ofLink = (fields: FieldWriter) =>
    fields.text('lsetstat@openssh.com').text('/link').uint32(8).uint32(50).uint32(60)
  assert.equal(await sftp.status(packetType.extended, ofLink), ok)
  assert.equal(attributesIn(await sftp.request(packetType.lstat, path('/link'))).modified, 60)
  assert.equal(attributesIn(await sftp.request(packetType.stat, path('/link'))).modified, 7)
})

test('tells limits and room, copies data between handles, and refuses unknown extensions', async () => {
  await using world = await openSftpWorld({ limits: { maxHandlesPerSession: 7 } })
  const content = randomBytes(600_000)
  await writeFile(join(world.home, 'source'), content)
  const sftp = await world.openSftp()
  const limits = await sftp.request(packetType.extended, path('limits@openssh.com'))
  assert.equal(limits.type, packetType.extendedReply)
  assert.deepEqual(
    Array.from({ length: 4 }, () => limits.fields.uint64()),
    [262_144, 261_120, 261_120, 7],
  )
  const room = await sftp.request(packetType.extended, twoPaths('statvfs@openssh.com', '/'))
  assert.equal(room.type, packetType.extendedReply)
  const [blockSize = 0, , blocks = 0] = Array.from({ length: 11 }, () => room.fields.uint64())
  assert.ok(blockSize >= 512 && blocks > 0)
  const [from, to] = [await sftp.open('/source', read), await sftp.open('/target', put)]
  const copy = (fields: FieldWriter) =>
    fields.text('copy-data').uint32(4).uint32(from).uint64(100_000).uint64(0).uint32(4).uint32(to).uint64(50)
  assert.equal(await sftp.status(packetType.extended, copy), ok)
  assert.equal(await sftp.close(to), ok)
  const copied = await readFile(join(world.home, 'target'))
  assert.deepEqual(copied.subarray(50), content.subarray(100_000))
  for (const name of ['hardlink@openssh.com', 'no-such@example.com', ''])
    assert.equal(await sftp.status(packetType.extended, twoPaths(name, '/x')), unsupported)
  assert.equal(await sftp.status(99), unsupported)
})

test('copies no file to itself, and no more than there was, whatever the copy makes of the source', async () => {
  await using world = await openSftpWorld()
  await writeFile(join(world.home, 'file'), randomBytes(1_000))
  await link(join(world.home, 'file'), join(world.home, 'other-name'))
  const sftp = await world.openSftp()
  const copyToEnd = async (target: string) => {
    const [from, to] = [await sftp.open('/file', read), await sftp.open(target, write)]
    return sftp.status(packetType.extended, (fields) =>
      fields.text('copy-data').uint32(4).uint32(from).uint64(0).uint64(0).uint32(4).uint32(to).uint64(1_000),
    )
  }
  assert.equal(await copyToEnd('/file'), badMessage)
  assert.equal(await copyToEnd('/other-name'), ok)
  assert.equal((await stat(join(world.home, 'file'))).size, 2_000)
})

test('lets a session open no more handles than its limit, over all its channels', async () => {
  await using world = await openSftpWorld({ limits: { maxHandlesPerSession: 3 } })
  await writeFile(join(world.home, 'file'), 'x')
  const client = await world.connect()
  const [one, other] = [await RawSftp.open(client), await RawSftp.open(client)]
  const opens = await Promise.allSettled(
    [one, one, other, other, other].map((sftp) => sftp.open('/file', read)),
  )
  assert.equal(opens.filter(({ status }) => status === 'fulfilled').length, 3)
  one.channel.close()
  let opened = 0
  while (opened === 0) opened = await other.open('/file', read).catch(() => 0)
})

test('speaks of names in UTF-8 alone', async () => {
  await using world = await openSftpWorld()
  const sftp = await world.openSftp()
  const invalid = (fields: FieldWriter) => fields.uint32(3).raw(Buffer.from([0x2f, 0xff, 0xfe]))
  assert.equal(await sftp.status(packetType.stat, invalid), failure)
  assert.equal(await sftp.status(packetType.stat, path('/a\0b')), failure)
  assert.equal(await sftp.status(packetType.stat, path(`/${'n'.repeat(256)}`)), failure)
  assert.equal(await sftp.status(packetType.stat), badMessage)
})
