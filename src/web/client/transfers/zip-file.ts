/** What one entry of a ZIP holds. A directory ends in '/', and is empty. */
export interface ZipEntry {
  /** Relative, with '/' between names. */
  readonly name: string
  readonly content: readonly Blob[]
  readonly crc: number
  /** Bytes. */
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly modified: number
}

/** Without the extension for more, which needs other records. */
export const maxZipBytes = 2 ** 32 - 1
export const maxZipEntries = 2 ** 16 - 1

const version = 20
/** Names are UTF-8 (APPNOTE 4.4.4, bit 11). */
const flags = 0x0800

/** A ZIP of what is in memory already, stored as it is (APPNOTE 4.3.6). */
export function zipFile(entries: readonly ZipEntry[]): Blob {
  const parts: BlobPart[] = []
  const directory: BlobPart[] = []
  let [offset, directorySize] = [0, 0]
  for (const entry of entries) {
    const name = new TextEncoder().encode(entry.name)
    const local = record(0x04034b50, [], fieldsOf(entry, name.length))
    parts.push(local, name, ...entry.content)
    const central = record(
      0x02014b50,
      [[version, 2]],
      [
        ...fieldsOf(entry, name.length),
        // No comment, disk 0, no attributes but that of a directory.
        ...([
          [0, 2],
          [0, 2],
          [0, 2],
          [entry.name.endsWith('/') ? 0x10 : 0, 4],
          [offset, 4],
        ] as const),
      ],
    )
    directory.push(central, name)
    offset += local.length + name.length + entry.size
    directorySize += central.length + name.length
  }
  const count = entries.length
  const end = record(
    0x06054b50,
    [],
    [
      [0, 2],
      [0, 2],
      [count, 2],
      [count, 2],
      [directorySize, 4],
      [offset, 4],
      [0, 2],
    ],
  )
  return new Blob([...parts, ...directory, end], { type: 'application/zip' })
}

/** A number, and the bytes it takes. */
type Field = readonly [value: number, bytes: 2 | 4]

/** What both records of an entry say of it. */
function fieldsOf({ crc, size, modified }: ZipEntry, nameLength: number): Field[] {
  const { time, date } = dosTime(modified)
  return [
    [version, 2],
    [flags, 2],
    [0, 2],
    [time, 2],
    [date, 2],
    [crc, 4],
    [size, 4],
    [size, 4],
    [nameLength, 2],
    [0, 2],
  ]
}

function record(
  signature: number,
  first: readonly Field[],
  fields: readonly Field[],
): Uint8Array<ArrayBuffer> {
  const all: readonly Field[] = [[signature, 4], ...first, ...fields]
  const bytes = new Uint8Array(all.reduce((sum, [, length]) => sum + length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [value, length] of all) {
    if (length === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    at += length
  }
  return bytes
}

/** In the reader's zone, to two seconds, from 1980 on. */
function dosTime(ms: number): { readonly time: number; readonly date: number } {
  const at = new Date(ms)
  const year = Math.min(127, Math.max(0, at.getFullYear() - 1980))
  return {
    time: (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1),
    date: (year << 9) | ((at.getMonth() + 1) << 5) | at.getDate(),
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/** CRC-32 of `bytes` after what `before` is the sum of. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let sum = ~before
  for (const byte of bytes) sum = (crcTable[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8)
  return ~sum >>> 0
}

/** Names that lead nowhere else when they are unpacked. */
export function zipName(path: string): string {
  return path
    .replace(/^\/+/, '')
    .toWellFormed()
    .replaceAll(/[\\\p{Cc}]/gu, '_')
}
