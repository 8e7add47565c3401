import type { Download } from '../../core/files/download.ts'
import { pumpDownload } from '../../core/files/pump-download.ts'
import type { LineEndConverter } from './ascii.ts'
import type { DataConnection } from './data-connection.ts'

/**
 * Sends a file from `position` on.
 * @throws FileServerError 'aborted' when the connection is lost, or what reading failed with
 */
export async function sendFile(
  connection: DataConnection,
  download: Download,
  position: number,
  converter?: LineEndConverter,
): Promise<void> {
  const sink = converter
    ? {
        write: (piece: Buffer) => connection.write(converter.convert(piece)),
        isFlushed: false,
      }
    : connection
  await pumpDownload(download, { start: position, end: Infinity }, sink)
}

/** Sends text piece by piece as the peer takes it. @throws FileServerError 'aborted', or what `pieces` throws */
export async function sendText(connection: DataConnection, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) if (piece !== '') await connection.write(piece)
}
