import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32 as wantedCrc } from 'node:zlib'
import { crc32, zipFile, zipName, type ZipEntry } from './zip-file.ts'

const entry = (name: string, text: string): ZipEntry => {
  const bytes = Buffer.from(text)
  const halves = [bytes.subarray(0, 3), bytes.subarray(3)].map((half) => new Blob([half]))
  return {
    name,
    content: halves,
    crc: wantedCrc(bytes),
    size: bytes.length,
    modified: Date.UTC(2026, 10, 25),
  }
}

/** Name and content of what the central directory tells. */
async function unzip(zip: Blob): Promise<[string, string][]> {
  const bytes = Buffer.from(await zip.arrayBuffer())
  const end = bytes.lastIndexOf(Buffer.from('504b0506', 'hex'))
  const found: [string, string][] = []
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    assert.equal(bytes.readUInt32LE(at), 0x02014b50)
    const [size, nameLength, offset] = [
      bytes.readUInt32LE(at + 20),
      bytes.readUInt16LE(at + 28),
      bytes.readUInt32LE(at + 42),
    ]
    assert.equal(bytes.readUInt32LE(offset), 0x04034b50)
    assert.equal(bytes.readUInt16LE(offset + 26), nameLength)
    const start = offset + 30 + nameLength
    const content = bytes.subarray(start, start + size)
    assert.equal(bytes.readUInt32LE(at + 16), wantedCrc(content))
    found.push([bytes.toString('utf8', at + 46, at + 46 + nameLength), content.toString()])
    at += 46 + nameLength
  }
  assert.equal(at, end)
  return found
}

describe('a ZIP made by the page', () => {
  it('holds its entries under their names', async () => {
    const zip = zipFile([entry('dir/', ''), entry('dir/ñ.txt', 'the content'), entry('other', 'x')])
    assert.deepEqual(await unzip(zip), [
      ['dir/', ''],
      ['dir/ñ.txt', 'the content'],
      ['other', 'x'],
    ])
    assert.deepEqual(await unzip(zipFile([])), [])
  })

  it('has sums that are the same in one go and in parts', () => {
    const bytes = Buffer.from('some bytes of a file')
    assert.equal(crc32(bytes), wantedCrc(bytes))
    assert.equal(crc32(bytes.subarray(7), crc32(bytes.subarray(0, 7))), wantedCrc(bytes))
    assert.equal(crc32(Buffer.of()), 0)
  })

  it('has no names that lead elsewhere', () => {
    assert.equal(zipName('/a/..\\b\nc'), 'a/.._b_c')
  })
})
