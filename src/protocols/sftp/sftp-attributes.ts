import { FileServerError } from '../../core/errors.ts'
import type { Attributes, Entry, EntryType } from '../../core/files/storage.ts'
import { type FieldReader, type FieldWriter } from './sftp-codec.ts'
import { malformed } from './sftp-status.ts'

/** Flags of draft-ietf-secsh-filexfer-02 §5. */
const flag = { size: 0x1, owner: 0x2, permissions: 0x4, times: 0x8, extended: 0x80000000 }
const allFlags = flag.size | flag.owner | flag.permissions | flag.times

/** S_IFMT bits. What is neither file, directory nor link looks like a pipe: nothing to read or write. */
const typeBits = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  other: 0o010000,
} as const satisfies Record<EntryType, number>

const typeLetter = { file: '-', directory: 'd', symlink: 'l', other: 'p' } as const satisfies Record<
  EntryType,
  string
>

const maxUint32 = 0xffff_ffff
/** Everything belongs to the user that the server runs as. */
const userId = process.getuid?.() ?? 0
const groupId = process.getgid?.() ?? 0

/** What a client asks to set. An owner is never set, but told apart from a request that asks for nothing. */
export interface AskedAttributes extends Attributes {
  readonly asksForOtherOwner: boolean
}

/** @throws 'invalid-argument' */
export function decodeAttributes(fields: FieldReader): AskedAttributes {
  const flags = fields.uint32()
  const size = flags & flag.size ? { size: fields.uint64() } : {}
  const owner = flags & flag.owner ? [fields.uint32(), fields.uint32()] : []
  const mode = flags & flag.permissions ? { mode: fields.uint32() & 0o7777 } : {}
  const times =
    flags & flag.times ? { accessedAt: fields.uint32() * 1000, modifiedAt: fields.uint32() * 1000 } : {}
  if (flags & flag.extended) skipExtended(fields)
  const asksForOtherOwner = owner.length > 0 && (owner[0] !== userId || owner[1] !== groupId)
  return { ...size, ...mode, ...times, asksForOtherOwner }
}

function skipExtended(fields: FieldReader): void {
  const count = fields.uint32()
  if (count > 64) throw malformed('Too many extended attributes')
  for (let i = 0; i < count * 2; i++) fields.bytes()
}

export function encodeAttributes(to: FieldWriter, entry: Entry): FieldWriter {
  return to
    .uint32(allFlags)
    .uint64(entry.size)
    .uint32(userId)
    .uint32(groupId)
    .uint32(typeBits[entry.type] | entry.mode)
    .uint32(seconds(entry.accessedAt))
    .uint32(seconds(entry.modifiedAt))
}

function seconds(ms: number): number {
  return Math.min(maxUint32, Math.max(0, Math.floor(ms / 1000)))
}

const monthNames = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const halfYearMs = 182 * 86_400_000

/** Short-lived texts that many entries of a listing have in common; it stays small by starting anew. */
class TextCache {
  readonly #texts = new Map<number, string>()

  get(key: number, make: () => string): string {
    const known = this.#texts.get(key)
    if (known !== undefined) return known
    if (this.#texts.size >= 1000) this.#texts.clear()
    const text = make()
    this.#texts.set(key, text)
    return text
  }
}

const ownerText = `${String(userId).padEnd(8)} ${String(groupId).padEnd(8)}`
const modeTexts = new TextCache()
const dateTexts = new TextCache()

/** The line that `ls -l` would show; clients print it as it is. */
export function longNameOf(entry: Entry, now: number): string {
  const links = String(entry.links).padStart(4)
  const size = String(entry.size).padStart(8)
  const mode = modeTexts.get(typeBits[entry.type] | entry.mode, () => modeText(entry))
  return `${mode} ${links} ${ownerText} ${size} ${dateText(entry.modifiedAt, now)} ${entry.name}`
}

function modeText({ type, mode }: Entry): string {
  const bits = (shift: number, special: boolean, letter: string) => {
    const all = (mode >> shift) & 7
    const execute = all & 1 ? (special ? letter : 'x') : special ? letter.toUpperCase() : '-'
    return `${all & 4 ? 'r' : '-'}${all & 2 ? 'w' : '-'}${execute}`
  }
  const owner = bits(6, (mode & 0o4000) !== 0, 's')
  const group = bits(3, (mode & 0o2000) !== 0, 's')
  const others = bits(0, (mode & 0o1000) !== 0, 't')
  return `${typeLetter[type]}${owner}${group}${others}`
}

/** By the second: zones of old differ from each other by seconds. */
function dateText(ms: number, now: number): string {
  const isRecent = ms > now - halfYearMs && ms <= now + 86_400_000
  const second = Math.floor(ms / 1000)
  return dateTexts.get(isRecent ? second : -second - 1, () => {
    const date = new Date(ms)
    const day = `${monthNames[date.getMonth()]} ${String(date.getDate()).padStart(2)}`
    if (!isRecent) return `${day}  ${date.getFullYear()}`
    return `${day} ${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`
  })
}

/** Nothing here changes an owner: asked for alone it is refused, along with other attributes it is left out. */
export function withoutOwner({ asksForOtherOwner, ...attributes }: AskedAttributes) {
  if (asksForOtherOwner && Object.keys(attributes).length === 0)
    throw new FileServerError('unsupported', 'The owner cannot be changed')
  return attributes
}
