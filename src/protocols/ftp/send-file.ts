import type { Download } from '../../core/files/download.ts'
import type { LineEndConverter } from './ascii.ts'
import { giveBuffer, pooledBufferBytes, takeBuffer } from './buffer-pool.ts'
import type { DataConnection } from './data-connection.ts'

/**
 * Sends a file from `position` on: one buffer is filled while the other one is on its way.
 * @throws FileServerError 'aborted' when the connection is lost, or what reading failed with
 */
export async function sendFile(
  connection: DataConnection,
  download: Download,
  position: number,
  converter?: LineEndConverter,
): Promise<void> {
  const buffers = [takeBuffer(), takeBuffer()]
  let sending: Promise<void> = Promise.resolve()
  for (let turn = 0; ; turn++) {
    const buffer = buffers[turn % 2] as Buffer
    const count = await download.read(position, buffer)
    position += count
    const filled = buffer.subarray(0, count)
    await sending
    if (count > 0) sending = connection.write(converter ? converter.convert(filled) : filled)
    // It is awaited before the next write; until then nobody listens.
    sending.catch(() => {})
    if (count < pooledBufferBytes) break
  }
  await sending
  // After a failure they may still be in use, and are left to the garbage collector.
  for (const buffer of buffers) giveBuffer(buffer)
}

/** Sends text piece by piece as the peer takes it. @throws FileServerError 'aborted', or what `pieces` throws */
export async function sendText(connection: DataConnection, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) if (piece !== '') await connection.write(piece)
}
