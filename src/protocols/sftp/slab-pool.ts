/** Length of a slab in bytes: a group of READs with its packets, or some eight packets that came. */
export const slabBytes = 288 * 1024

const maxFreeSlabs = 64
const freeSlabs: Buffer[] = []

/** Memory used again and again: new memory for every piece of a transfer costs page faults and garbage collection. */
export function takeSlab(): Buffer {
  return freeSlabs.pop() ?? Buffer.allocUnsafeSlow(slabBytes)
}

/** Nothing uses the slab any more. */
export function giveSlab(slab: Buffer): void {
  if (freeSlabs.length < maxFreeSlabs) freeSlabs.push(slab)
}
