import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { runProgram } from '../../../../test/support/run-program.ts'
import { centralRecord, endRecords, localHeader } from './zip-records.ts'
import { isCompressible, ZipWriter } from './zip-writer.ts'

interface Read {
  readonly name: string
  readonly size: number
  readonly packed: number
  readonly crc: number
  readonly mode: number
}

const script = `
import sys, json, zipfile
archive = zipfile.ZipFile(sys.argv[1])
bad = archive.testzip() if len(archive.namelist()) < 1000 else None
print(json.dumps({'bad': bad, 'entries': [{'name': i.filename, 'size': i.file_size, 'packed': i.compress_size,
  'crc': i.CRC, 'mode': i.external_attr >> 16} for i in archive.infolist()]}))
`

/** What somebody else's program reads, with every checksum checked. */
async function readBack(file: string): Promise<Read[]> {
  const { isOk, stdout, stderr } = await runProgram('python3', ['-c', script, file])
  assert.ok(isOk, stderr)
  const { bad, entries } = JSON.parse(stdout) as { bad: string | null; entries: Read[] }
  assert.equal(bad, null)
  return entries
}

async function written(fill: (writer: ZipWriter) => Promise<void>): Promise<Read[]> {
  const directory = await mkdtemp(join(tmpdir(), 'zip-'))
  try {
    const pieces: Buffer[] = []
    // The pieces may be used again once the promise has resolved.
    const writer = new ZipWriter(async (piece) => void pieces.push(Buffer.from(piece)))
    await fill(writer)
    await writer.end()
    const file = join(directory, 'a.zip')
    await writeFile(file, Buffer.concat(pieces))
    return await readBack(file)
  } finally {
    await rm(directory, { recursive: true })
  }
}

const modifiedAt = Date.UTC(2024, 1, 29, 12)

for (const [title, content] of [
  ['nothing', Buffer.alloc(0)],
  ['a byte', Buffer.from('x')],
  ['a text', Buffer.from('a text, again '.repeat(700))],
  ['noise', randomBytes(5000)],
  ['a longer text', Buffer.from('more than is compressed at once '.repeat(3000))],
] as const)
  test(`${title} comes back, in memory and streamed`, async () => {
    const entries = await written(async (writer) => {
      await writer.addSmall({ name: 'small', modifiedAt }, content)
      await writer.addStreamed({ name: 'd/streamed', modifiedAt, size: content.length }, content, (take) =>
        take(content),
      )
    })
    assert.deepEqual(
      entries.map(({ name, size, crc }) => [name, size, crc]),
      [
        ['small', content.length, crc32(content)],
        ['d/streamed', content.length, crc32(content)],
      ],
    )
    for (const { packed, size } of entries) assert.ok(packed <= size + 20)
    if (title.endsWith('text')) for (const { packed, size } of entries) assert.ok(packed < size / 10)
  })

test('a directory is one, and names may be of any script', async () => {
  const entries = await written(async (writer) => {
    await writer.addDirectory({ name: 'größe/空', modifiedAt })
    await writer.addSmall({ name: '😀', modifiedAt }, Buffer.from('x'))
  })
  assert.deepEqual(
    entries.map(({ name, mode }) => [name, mode]),
    [
      ['größe/空/', 0o40755],
      ['😀', 0o100644],
    ],
  )
})

test('a file that may pass 4 GiB has sizes of eight bytes, and what follows it is found', async () => {
  const content = randomBytes(300_000)
  const entries = await written(async (writer) => {
    await writer.addStreamed({ name: 'huge', modifiedAt, size: 2 ** 33 }, content, async (take) => {
      for (let at = 0; at < content.length; at += 100_000) await take(content.subarray(at, at + 100_000))
    })
    await writer.addSmall({ name: 'after', modifiedAt }, content)
  })
  assert.deepEqual(
    entries.map(({ name, size, crc }) => [name, size, crc]),
    [
      ['huge', 300_000, crc32(content)],
      ['after', 300_000, crc32(content)],
    ],
  )
})

test('more entries than two bytes can count are all there', async () => {
  const entries = await written(async (writer) => {
    for (let i = 0; i < 66_000; i++) await writer.addDirectory({ name: `d${i}`, modifiedAt })
  })
  assert.equal(entries.length, 66_000)
  assert.equal(entries.at(-1)?.name, 'd65999/')
})

test('an entry behind 4 GiB is found', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'zip-'))
  try {
    const start = 5 * 2 ** 30
    const body = Buffer.from('far away')
    const plain = { isDeflated: false, isStreamed: false, isLarge: false }
    const entry = { name: Buffer.from('far'), modifiedAt, mode: 0o100644, ...plain }
    const content = { crc: crc32(body), size: body.length, compressedSize: body.length }
    const header = Buffer.concat([localHeader(entry, content), body])
    const record = centralRecord(entry, content, start)
    const central = start + header.length
    const end = endRecords(1, central, central + record.length)
    const file = join(directory, 'a.zip')
    await using handle = await open(file, 'w')
    await handle.write(Buffer.concat([header, record, end]), 0, undefined, start)
    assert.deepEqual(
      (await readBack(file)).map(({ name, size }) => [name, size]),
      [['far', 8]],
    )
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('a file that cannot be read to its end is there as far as it was, and what follows too', async () => {
  const content = Buffer.from('abc'.repeat(1000))
  const entries = await written(async (writer) => {
    const facts = { name: 'broken', modifiedAt, size: 9000 }
    const added = writer.addStreamed(facts, content, async (take) => {
      await take(content)
      throw new Error('the disk is gone')
    })
    await assert.rejects(added, /the disk is gone/)
    await writer.addSmall({ name: 'after', modifiedAt }, content)
  })
  assert.deepEqual(
    entries.map(({ name, size }) => [name, size]),
    [
      ['broken', 3000],
      ['after', 3000],
    ],
  )
})

test('an output that takes no more ends it', async () => {
  const writer = new ZipWriter(() => Promise.reject(new Error('gone')))
  const content = randomBytes(200_000)
  const facts = { name: 'a', modifiedAt, size: 2 ** 40 }
  const endless = async (take: (piece: Buffer) => Promise<void>) => {
    for (;;) await take(content)
  }
  await assert.rejects(writer.addStreamed(facts, content, endless), /gone/)
})

test('text is worth compressing, what is random is not', () => {
  assert.ok(isCompressible(Buffer.from('Of the expense of the institutions for education'.repeat(20))))
  // The same at every run: of what is really random, one of a thousand pieces this short is uneven enough.
  for (const outputLength of [512, 100_000])
    assert.ok(!isCompressible(createHash('shake256', { outputLength }).update('random').digest()))
  assert.ok(!isCompressible(Buffer.alloc(0)))
})
