import type { Download } from './download.ts'
import type { Upload } from './upload.ts'

/** Large enough that a copy is bound by the disk, small enough to be told of its progress. */
const pieceBytes = 512 * 1024

export interface CopyOptions {
  /** Takes the place of a file that is there. */
  readonly replace: boolean
  readonly signal?: AbortSignal
  /** Told the bytes of each piece. */
  readonly onProgress?: (bytes: number) => void
}

/**
 * Copies all that `source` holds and ends both; the copy is as old as its original. A copy that fails leaves nothing.
 * Answers the bytes copied.
 */
export async function copyContent(
  source: Download,
  target: Upload,
  { signal, onProgress }: CopyOptions,
): Promise<number> {
  try {
    const buffer = Buffer.allocUnsafe(pieceBytes)
    let position = 0
    for (;;) {
      signal?.throwIfAborted()
      const length = await source.read(position, buffer)
      if (length === 0) break
      await target.write(position, [buffer.subarray(0, length)])
      position += length
      onProgress?.(length)
    }
    target.dateFrom(source.entry.modifiedAt)
    await target.finish()
    return position
  } catch (error) {
    await target.abort()
    throw error
  }
}
