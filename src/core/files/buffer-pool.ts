/** Bytes of one buffer: large enough that a fast disk and a fast network never wait for each other's calls. */
export const pooledBufferBytes = 256 * 1024
/** What is kept for later; more than this are in use only while so many downloads run. */
const maxKept = 64

const free: Buffer[] = []

/** A buffer of `pooledBufferBytes` with anything in it. */
export function takeBuffer(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(pooledBufferBytes)
}

/** Only for a buffer that nobody reads or writes any more. */
export function giveBuffer(buffer: Buffer): void {
  if (free.length < maxKept) free.push(buffer)
}
