/** What a ZIP archive says of one entry (APPNOTE.TXT 6.3.x, whose clauses are cited here). */
export interface ZipEntry {
  readonly name: Buffer
  /** Milliseconds since the epoch, within what ZIP can tell. */
  readonly modifiedAt: number
  /** st_mode of Unix, with the type. */
  readonly mode: number
  readonly isDeflated: boolean
  /** Sizes and checksum follow the content: it is sent while it is read. */
  readonly isStreamed: boolean
  /** Streamed, with sizes of eight bytes: it has to be said before they are known (§4.3.9.2). */
  readonly isLarge: boolean
}

export interface ZipContent {
  readonly crc: number
  readonly size: number
  readonly compressedSize: number
}

/** A field of four bytes with this in it stands for one of eight bytes elsewhere (§4.5.3). */
const elsewhere = 0xffffffff
const elsewhere16 = 0xffff
const madeByUnix = (3 << 8) | 63
const version = 20
const version64 = 45
const nameIsUtf8 = 1 << 11
const sizesFollow = 1 << 3

/** §4.3.7 */
export function localHeader(entry: ZipEntry, content: ZipContent): Buffer {
  const extra = entry.isLarge ? 20 : 0
  const header = Buffer.alloc(30 + entry.name.length + extra)
  header.writeUInt32LE(0x04034b50, 0)
  writeCommon(header, 4, entry, entry.isLarge)
  if (entry.isLarge) {
    header.writeUInt32LE(elsewhere, 18)
    header.writeUInt32LE(elsewhere, 22)
  } else if (!entry.isStreamed) writeContent(header, 14, content)
  header.writeUInt16LE(entry.name.length, 26)
  header.writeUInt16LE(extra, 28)
  entry.name.copy(header, 30)
  if (entry.isLarge) {
    header.writeUInt16LE(1, 30 + entry.name.length)
    header.writeUInt16LE(16, 32 + entry.name.length)
  }
  return header
}

/** §4.3.9, with the signature that some readers want. */
export function dataDescriptor({ isLarge }: ZipEntry, content: ZipContent): Buffer {
  const descriptor = Buffer.alloc(isLarge ? 24 : 16)
  descriptor.writeUInt32LE(0x08074b50, 0)
  if (!isLarge) {
    writeContent(descriptor, 4, content)
    return descriptor
  }
  descriptor.writeUInt32LE(content.crc, 4)
  descriptor.writeBigUInt64LE(BigInt(content.compressedSize), 8)
  descriptor.writeBigUInt64LE(BigInt(content.size), 16)
  return descriptor
}

/** §4.3.12; `offset` is that of its local header. */
export function centralRecord(entry: ZipEntry, content: ZipContent, offset: number): Buffer {
  const needs64 = entry.isLarge || offset >= elsewhere
  const extra = 9 + (needs64 ? 28 : 0)
  const record = Buffer.alloc(46 + entry.name.length + extra)
  record.writeUInt32LE(0x02014b50, 0)
  record.writeUInt16LE(madeByUnix, 4)
  writeCommon(record, 6, entry, needs64)
  writeContent(record, 16, content)
  record.writeUInt16LE(entry.name.length, 28)
  record.writeUInt16LE(extra, 30)
  record.writeUInt32LE((entry.mode << 16) >>> 0, 38)
  record.writeUInt32LE(needs64 ? elsewhere : offset, 42)
  entry.name.copy(record, 46)
  const at = 46 + entry.name.length
  // The time in UTC, as Info-ZIP adds it: what DOS knows has no zone.
  record.writeUInt16LE(0x5455, at)
  record.writeUInt16LE(5, at + 2)
  record.writeUInt8(3, at + 4)
  record.writeInt32LE(Math.min(0x7fffffff, Math.floor(entry.modifiedAt / 1000)), at + 5)
  if (needs64) {
    record.writeUInt32LE(elsewhere, 20)
    record.writeUInt32LE(elsewhere, 24)
    record.writeUInt16LE(1, at + 9)
    record.writeUInt16LE(24, at + 11)
    record.writeBigUInt64LE(BigInt(content.size), at + 13)
    record.writeBigUInt64LE(BigInt(content.compressedSize), at + 21)
    record.writeBigUInt64LE(BigInt(offset), at + 29)
  }
  return record
}

/** What is at the end: the central directory of `count` records lies from `start` to `end` (§4.3.14 to 16). */
export function endRecords(count: number, start: number, end: number): Buffer {
  const needs64 = count >= elsewhere16 || end >= elsewhere
  const records = Buffer.alloc((needs64 ? 56 + 20 : 0) + 22)
  let at = 0
  if (needs64) {
    records.writeUInt32LE(0x06064b50, 0)
    records.writeBigUInt64LE(44n, 4)
    records.writeUInt16LE(madeByUnix, 12)
    records.writeUInt16LE(version64, 14)
    records.writeBigUInt64LE(BigInt(count), 24)
    records.writeBigUInt64LE(BigInt(count), 32)
    records.writeBigUInt64LE(BigInt(end - start), 40)
    records.writeBigUInt64LE(BigInt(start), 48)
    records.writeUInt32LE(0x07064b50, 56)
    records.writeBigUInt64LE(BigInt(end), 64)
    records.writeUInt32LE(1, 72)
    at = 76
  }
  records.writeUInt32LE(0x06054b50, at)
  records.writeUInt16LE(Math.min(count, elsewhere16), at + 8)
  records.writeUInt16LE(Math.min(count, elsewhere16), at + 10)
  records.writeUInt32LE(Math.min(end - start, elsewhere), at + 12)
  records.writeUInt32LE(Math.min(start, elsewhere), at + 16)
  return records
}

/** The fields that local header and central record share up to the checksum. */
function writeCommon(record: Buffer, at: number, entry: ZipEntry, needs64: boolean): void {
  record.writeUInt16LE(needs64 ? version64 : version, at)
  record.writeUInt16LE(nameIsUtf8 | (entry.isStreamed ? sizesFollow : 0), at + 2)
  record.writeUInt16LE(entry.isDeflated ? 8 : 0, at + 4)
  const date = new Date(entry.modifiedAt)
  record.writeUInt16LE((date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1), at + 6)
  const day = ((date.getFullYear() - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate()
  record.writeUInt16LE(day, at + 8)
}

function writeContent(record: Buffer, at: number, { crc, size, compressedSize }: ZipContent): void {
  record.writeUInt32LE(crc, at)
  record.writeUInt32LE(Math.min(compressedSize, elsewhere), at + 4)
  record.writeUInt32LE(Math.min(size, elsewhere), at + 8)
}
