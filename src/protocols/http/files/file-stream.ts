import { Readable } from 'node:stream'
import type { Download } from '../../../core/files/download.ts'

const pieceBytes = 256 * 1024
/** For a file that may have grown since it was opened. */
const smallestPieceBytes = 4 * 1024

/** The bytes of a file from `start` up to `end`, read as they are taken; fewer when the file has become shorter. */
export function streamOf(download: Download, start: number, end: number): Readable {
  return toStream(piecesOf(download, start, end))
}

function toStream(pieces: AsyncIterable<Buffer>): Readable {
  return Readable.from(pieces, { objectMode: false, highWaterMark: pieceBytes })
}

/** The same piece by piece. */
async function* piecesOf(download: Download, start: number, end: number): AsyncGenerator<Buffer> {
  let position = start
  while (position < end) {
    const expected = Math.max(smallestPieceBytes, download.entry.size - position)
    const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, expected, end - position))
    const count = await download.read(position, buffer)
    if (count === 0) return
    position += count
    yield buffer.subarray(0, count)
  }
}
