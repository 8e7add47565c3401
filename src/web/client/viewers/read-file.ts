import { readBytes } from '../../shared/api.ts'

/** Of the contract's maxPieceBytes. */
const pieceBytes = 4 * 1024 * 1024

export interface ReadPart {
  readonly offset: number
  readonly length: number
  readonly signal?: AbortSignal
  /** Told after each piece: bytes so far. */
  readonly onProgress?: (bytes: number) => void
}

/** A part of a file, in pieces; shorter where the file ends. @throws ApiFailure */
export async function readFilePart(
  path: string,
  { offset, length, signal, onProgress }: ReadPart,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const body = { path, offset: offset + filled, length: Math.min(pieceBytes, length - filled) }
    const piece = await readBytes('user/files/read', { body, ...(signal === undefined ? {} : { signal }) })
    if (piece.byteLength === 0) break
    whole.set(new Uint8Array(piece), filled)
    filled += piece.byteLength
    onProgress?.(filled)
  }
  return whole.subarray(0, filled)
}
