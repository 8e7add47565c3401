import { BufferPool } from '../../core/files/buffer-pool.ts'

/** Each takes a group of READs with its packets, or some eight packets that came. */
export const packetSlabs = new BufferPool(288 * 1024)

/** Also for one READ of 32 KiB, and for three: of many clients on a busy machine requests come one by one. */
const pools = [new BufferPool(40 * 1024), new BufferPool(112 * 1024), packetSlabs]
/** Less is not worth a slab. */
const leastPooledBytes = 32 * 1024

/** Where to take a slab from that holds so many bytes; undefined when it would be too large or mostly empty. */
export function slabsFor(bytes: number): BufferPool | undefined {
  if (bytes < leastPooledBytes) return undefined
  return pools.find((pool) => bytes <= pool.bytes)
}
