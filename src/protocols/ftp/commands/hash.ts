import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { transferBuffers } from '../../../core/files/buffer-pool.ts'
import { FileServerError } from '../../../core/errors.ts'
import type { VirtualPath } from '../../../core/files/virtual-path.ts'
import { FtpRefusal, quotedPath } from '../ftp-reply.ts'
import type { FtpSession } from '../ftp-session.ts'
import type { HashName } from '../hash-names.ts'
import type { Command, CommandGroup } from './command.ts'

interface Digest {
  update(bytes: Uint8Array): void
  hex(): string
}

const algorithms = { 'SHA-256': 'sha256', 'SHA-512': 'sha512', 'SHA-1': 'sha1', MD5: 'md5' } as const

function startDigest(name: HashName): Digest {
  if (name === 'CRC32') {
    let value = 0
    return {
      update: (bytes) => void (value = crc32(bytes, value)),
      hex: () => value.toString(16).padStart(8, '0'),
    }
  }
  const hash = createHash(algorithms[name])
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') }
}

/** draft-bryan-ftpext-hash, and the older commands that name their algorithm. */
export const hashCommands = {
  HASH: {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    isLong: true,
    async run(session, argument, signal) {
      const name = session.hash
      const { hex, end } = await digestOf(session, name, { path: session.path(argument) }, signal)
      session.reply(213, `${name} 0-${end} ${hex} ${argument}`)
    },
  },
  MD5: {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    isLong: true,
    async run(session, argument, signal) {
      const { hex } = await digestOf(session, 'MD5', parseRange(session, argument), signal)
      session.reply(251, `${quotedPath(argument)} ${hex.toUpperCase()}`)
    },
  },
  XCRC: digestCommand('CRC32'),
  XMD5: digestCommand('MD5'),
  XSHA: digestCommand('SHA-1'),
  XSHA1: digestCommand('SHA-1'),
  XSHA256: digestCommand('SHA-256'),
  XSHA512: digestCommand('SHA-512'),
} satisfies CommandGroup

function digestCommand(name: HashName): Command {
  return {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    isLong: true,
    async run(session, argument, signal) {
      const { hex } = await digestOf(session, name, parseRange(session, argument), signal)
      session.reply(250, hex.toUpperCase())
    },
  }
}

interface HashRange {
  readonly path: VirtualPath
  readonly start?: number
  readonly end?: number
}

/** A name, or a name in quotes with the first byte and the one after the last. */
function parseRange(session: FtpSession, argument: string): HashRange {
  const quoted = /^"(.*)"(?: (\d{1,15})(?: (\d{1,15}))?)?$/.exec(argument)
  if (!quoted) return { path: session.path(argument) }
  const [, name = '', start, end] = quoted
  return {
    path: session.path(name.replaceAll('""', '"')),
    ...(start !== undefined && { start: Number(start) }),
    ...(end !== undefined && { end: Number(end) }),
  }
}

/** Reads the file as it is hashed, so that one of any size takes the memory of one buffer. */
async function digestOf(
  session: FtpSession,
  name: HashName,
  { path, start = 0, end = Infinity }: HashRange,
  signal: AbortSignal,
): Promise<{ hex: string; end: number }> {
  if (end < start) throw new FtpRefusal(501, 'The end is before the start')
  const download = await session.files.openDownload(path, { isReported: false })
  try {
    const digest = startDigest(name)
    const buffer = transferBuffers.take()
    let position = start
    while (position < end) {
      if (signal.aborted) throw new FileServerError('aborted', 'Aborted', { cause: signal.reason })
      const part = end - position < buffer.length ? buffer.subarray(0, end - position) : buffer
      const count = await download.read(position, part)
      digest.update(part.subarray(0, count))
      position += count
      if (count < part.length) break
    }
    transferBuffers.give(buffer)
    return { hex: digest.hex(), end: position }
  } finally {
    await download.close()
  }
}
