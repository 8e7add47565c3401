import { compileGlob } from '../../../src/core/accounts/glob.ts'
import { keyBlobOf } from '../../../src/core/auth/public-key.ts'
import { FileServerError } from '../../../src/core/errors.ts'
import { parseVirtualPath } from '../../../src/core/files/virtual-path.ts'
import { parseClientHello } from '../../../src/protocols/ftp/client-hello.ts'
import { CommandReader, tooLong } from '../../../src/protocols/ftp/command-reader.ts'
import { parseTime } from '../../../src/protocols/ftp/ftp-time.ts'
import { rangeOf } from '../../../src/protocols/http/files/byte-range.ts'
import { commandWords } from '../../../src/protocols/sftp/command-words.ts'
import { decodeAttributes } from '../../../src/protocols/sftp/sftp-attributes.ts'
import { FieldReader } from '../../../src/protocols/sftp/sftp-codec.ts'
import {
  FramingError,
  maxPacketLength,
  SftpPacketReader,
} from '../../../src/protocols/sftp/sftp-packet-reader.ts'
import { type FuzzTarget, parserTarget } from '../fuzz-target.ts'
import { mutate, type Random } from '../random.ts'
import { clientHellos, ftpLines, keyLines, paths, ranges, sftpPackets, shellCommands } from '../samples.ts'

/** Refusals that a reader may answer with. */
function orRefused(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof FileServerError) && !(error instanceof FramingError)) throw error
  }
}

function pieces(bytes: Buffer, random: Random): Buffer[] {
  const cuts = [0, ...random.cuts(bytes.length, 4), bytes.length]
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end))
}

function readSftp(random: Random): void {
  let seen = 0
  const reader = new SftpPacketReader({
    onPacket: (_type, fields) => {
      seen += fields.length
      orRefused(() => {
        const read = new FieldReader(fields)
        read.uint32()
        read.text()
        read.uint64()
        decodeAttributes(read)
      })
    },
    onWrite: ({ chunks, length }) => {
      const held = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
      if (held !== length) throw new Error(`a WRITE of ${length} bytes holds ${held}`)
      seen += held
    },
    onBrokenWrite: () => {},
  })
  const stream = Buffer.concat(Array.from({ length: 1 + random.below(4) }, () => mutate(sftpPackets, random)))
  orRefused(() => {
    for (const piece of pieces(stream, random)) {
      for (let rest = piece; rest.length > 0;) {
        const left = reader.feed(rest)
        if (left.length >= rest.length) throw new Error('the reader does not move')
        rest = left
      }
      if (reader.pendingBytes > maxPacketLength + 4) throw new Error(`${reader.pendingBytes} bytes are kept`)
    }
  })
  if (seen > stream.length) throw new Error('more was read than was sent')
}

function readFtp(random: Random): void {
  const reader = new CommandReader(200)
  const stream = Buffer.concat(
    Array.from({ length: 1 + random.below(5) }, () => mutate(ftpLines, random, 600)),
  )
  for (const piece of pieces(stream, random))
    for (const line of reader.push(piece))
      if (line !== tooLong && line.length > 200) throw new Error(`a line of ${line.length}`)
}

function readHello(random: Random): void {
  const hello = parseClientHello(mutate(clientHellos(), random))
  if (hello === undefined || hello === 'other') return
  if (hello.tickets.length > 10_000) throw new Error('more tickets than bytes')
}

function readPath(random: Random): void {
  const raw = mutate(paths, random, 5000).toString(random.chance(0.5) ? 'utf8' : 'latin1')
  orRefused(() => {
    const path = parseVirtualPath(raw)
    if (!path.startsWith('/') || path.split('/').some((part) => part === '.' || part === '..'))
      throw new Error(`'${raw}' became '${path}'`)
    if (parseVirtualPath(path) !== path) throw new Error(`'${path}' is not its own path`)
  })
}

function readWords(random: Random): void {
  const text = mutate([...shellCommands, ...ranges, ...keyLines], random).toString('latin1')
  commandWords(text)
  keyBlobOf(text)
  parseTime(text)
  const range = rangeOf(text, 1000)
  if (typeof range === 'object' && !(range.start >= 0 && range.start < range.end && range.end <= 1000))
    throw new Error(`'${text}' asks for ${JSON.stringify(range)}`)
}

function readGlob(random: Random): void {
  const pattern = mutate(
    [Buffer.from('*a*b*[c-f]?*.txt'), Buffer.from('[!a-z]*'), Buffer.from('\\*?')],
    random,
    60,
  )
  orRefused(() => {
    const glob = compileGlob(pattern.toString('latin1'), { ignoreCase: random.chance(0.5) })
    glob.test('a'.repeat(255))
    glob.test(random.bytes(255).toString('latin1'))
  })
}

export const parserTargets: readonly FuzzTarget[] = [
  parserTarget('sftp-packets', 300_000, readSftp),
  parserTarget('ftp-lines', 200_000, readFtp),
  parserTarget('client-hello', 150_000, readHello),
  parserTarget('paths', 100_000, readPath),
  parserTarget('words', 80_000, readWords),
  parserTarget('globs', 40_000, readGlob),
]
