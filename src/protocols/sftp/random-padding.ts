import { randomFillSync } from 'node:crypto'

/** Random bytes are fetched in bulk: one call per packet cost a tenth of a download's time. */
const pool = Buffer.alloc(64 * 1024)
let used = pool.length

/** Fills `length` bytes of `packet` from `at` with random bytes that were not given out before. */
export function fillPadding(packet: Buffer, at: number, length: number): void {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  pool.copy(packet, at, used, used + length)
  used += length
}
