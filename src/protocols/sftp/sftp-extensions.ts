import { FileServerError } from '../../core/errors.ts'
import type { Download } from '../../core/files/download.ts'
import type { Space } from '../../core/files/storage.ts'
import type { Upload } from '../../core/files/upload.ts'
import { FieldWriter, packetType } from './sftp-codec.ts'
import { maxPacketLength } from './sftp-packet-reader.ts'

/** What VERSION announces: names of OpenSSH's PROTOCOL file §4 and their versions. */
export const extensions = {
  'posix-rename@openssh.com': '1',
  'statvfs@openssh.com': '2',
  'fstatvfs@openssh.com': '2',
  'fsync@openssh.com': '1',
  'lsetstat@openssh.com': '1',
  'limits@openssh.com': '1',
  'copy-data': '1',
}

/** Longest data of one READ or WRITE: a packet less room for its other fields. */
export const maxReadLength = maxPacketLength - 1024
const copyChunkBytes = 256 * 1024

/** OpenSSH's PROTOCOL §4.8 (limits@openssh.com). */
export function encodeLimits(id: number, maxHandles: number): Buffer {
  return new FieldWriter(packetType.extendedReply)
    .uint32(id)
    .uint64(maxPacketLength)
    .uint64(maxReadLength)
    .uint64(maxReadLength)
    .uint64(maxHandles)
    .packet()
}

/** OpenSSH's PROTOCOL §4.4 (statvfs@openssh.com). */
export function encodeSpace(id: number, space: Space): Buffer {
  const { blockSize } = space
  const blocks = (bytes: number) => Math.floor(bytes / blockSize)
  const maxNameLength = 255
  return new FieldWriter(packetType.extendedReply)
    .uint32(id)
    .uint64(blockSize)
    .uint64(blockSize)
    .uint64(blocks(space.totalBytes))
    .uint64(blocks(space.freeBytes))
    .uint64(blocks(space.availableBytes))
    .uint64(space.totalFiles)
    .uint64(space.freeFiles)
    .uint64(space.freeFiles)
    .uint64(0)
    .uint64(0)
    .uint64(maxNameLength)
    .packet()
}

/**
 * draft-ietf-secsh-filexfer-extensions-00 §7 (copy-data): up to `length` bytes, or to the end that the source has now.
 * What is copied may come out at its end again, through a link or another session, and would never be all of it.
 * @throws 'invalid-argument' for a file and itself
 */
export async function copyData(
  source: Download,
  { from, length }: { from: number; length: number },
  target: Upload,
  to: number,
): Promise<void> {
  if (source.path === target.path)
    throw new FileServerError('invalid-argument', 'A file cannot be copied to itself')
  const wanted = Math.min(length, (await source.stat()).size - from)
  const chunk = Buffer.allocUnsafe(Math.max(0, Math.min(copyChunkBytes, wanted)))
  for (let done = 0; done < wanted;) {
    const count = await source.read(from + done, chunk.subarray(0, Math.min(chunk.length, wanted - done)))
    if (count === 0) return
    await target.write(to + done, [chunk.subarray(0, count)])
    done += count
  }
}
