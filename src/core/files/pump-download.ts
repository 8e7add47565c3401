import { transferBuffers } from './buffer-pool.ts'
import type { Download } from './download.ts'

/** Pieces that may be on their way while the next one is read. */
const maxUnsentPieces = 2
/** What is written to a socket that took bytes straight and is full, to be told when it takes more. */
const unblockingBytes = 64 * 1024
/** What is sent in one go, when neither disk nor network ever makes it wait, before others have their turn. */
const maxBurstBytes = 1024 * 1024

/** Where the bytes of a download go. */
export interface ByteSink {
  /** Resolves when `piece` may be used again. @throws FileServerError 'aborted' when nobody takes it any more */
  write(piece: Buffer): Promise<void>
  /** True when everything written may be used again, also where its promise has not told yet. */
  readonly isFlushed: boolean
  /** The socket that gets what is written as it is; undefined while something written waits. None: there is no such socket. */
  readonly descriptor?: number | undefined
}

interface Unsent {
  readonly buffer: Buffer
  readonly sent: Promise<void>
}

/**
 * Sends a file from `start` up to `end` or, should it be shorter, to its end, in few buffers used again and again.
 * @returns the position that was reached @throws what reading or writing failed with
 */
export async function pumpDownload(
  download: Download,
  { start, end }: { readonly start: number; readonly end: number },
  sink: ByteSink,
): Promise<number> {
  const idle: Buffer[] = []
  const unsent: Unsent[] = []
  let last: Promise<void> | undefined
  let position = start
  let burst = 0
  /** Then a full socket is waited for: only an empty one takes more that way. */
  let goesStraight = false
  for (let isAtEnd = start >= end; !isAtEnd;) {
    if (sink.descriptor !== undefined) {
      const sent = await download.sendTo(() => sink.descriptor, position, end - position)
      position += sent
      isAtEnd = position >= end
      if (sent > 0) {
        goesStraight = true
        continue
      }
    }
    const buffer = idle.pop() ?? transferBuffers.take()
    const most = goesStraight ? unblockingBytes : buffer.length
    const target = buffer.subarray(0, Math.min(most, end - position))
    const count = await download.read(position, target)
    position += count
    isAtEnd = count < target.length || position >= end
    if (count === 0) {
      idle.push(buffer)
      break
    }
    last = sink.write(buffer.subarray(0, count))
    // It is awaited later; until then nobody listens.
    last.catch(() => {})
    unsent.push({ buffer, sent: last })
    // The one that was used last is still in the processor's cache.
    if (sink.isFlushed) idle.push(...unsent.splice(0).map((piece) => piece.buffer))
    else if (goesStraight || unsent.length >= maxUnsentPieces) idle.push(await sentBuffer(unsent))
    burst += count
    if (burst >= maxBurstBytes && !isAtEnd) {
      burst = 0
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await last
  // After a failure they may still be in use, and are left to the garbage collector.
  for (const buffer of idle) transferBuffers.give(buffer)
  for (const { buffer } of unsent) transferBuffers.give(buffer)
  return position
}

async function sentBuffer(unsent: Unsent[]): Promise<Buffer> {
  const first = unsent.shift() as Unsent
  await first.sent
  return first.buffer
}
