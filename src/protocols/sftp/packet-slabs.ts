import { BufferPool } from '../../core/files/buffer-pool.ts'

/** Each takes a group of READs with its packets, or some eight packets that came. */
export const packetSlabs = new BufferPool(288 * 1024)
