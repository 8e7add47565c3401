/** Numbers that a seed decides (mulberry32), and what fuzzing makes of them. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** One of its own for each input, so that an input does not depend on those before it. */
  static for(seed: number, name: string, index: number): Random {
    let hash = seed ^ 0x9e37_79b9
    for (const unit of `${name}/${index}`) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x0100_0193)
    return new Random(hash)
  }

  /** From 0 to `below`, a whole number. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }

  chance(probability: number): boolean {
    return this.below(1_000_000) < probability * 1_000_000
  }

  pick<T>(from: readonly T[]): T {
    const chosen = from[this.below(from.length)]
    if (chosen === undefined) throw new Error('there is nothing to pick from')
    return chosen
  }

  bytes(maxLength: number): Buffer {
    const bytes = Buffer.allocUnsafe(this.below(maxLength + 1))
    for (let at = 0; at < bytes.length; at++) bytes[at] = this.below(256)
    return bytes
  }

  /** A few places to cut `length` bytes at, in order. */
  cuts(length: number, most: number): number[] {
    return Array.from({ length: this.below(most + 1) }, () => this.below(length + 1)).sort((a, b) => a - b)
  }
}

const telling = [0, 1, 2, 0x7f, 0x80, 0xff]
const tellingWords = [0, 1, 4, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x0001_0000, 256 * 1024, 256 * 1024 + 1]

/** One of `samples`, changed in one to six ways; now and then rubbish from the beginning. */
export function mutate(samples: readonly Buffer[], random: Random, maxLength = 4096): Buffer {
  if (random.chance(0.05)) return random.bytes(Math.min(maxLength, 512))
  let bytes = Buffer.from(random.pick(samples))
  for (let change = random.below(6); change >= 0; change--) bytes = changed(bytes, samples, random)
  return bytes.subarray(0, maxLength)
}

function changed(bytes: Buffer, samples: readonly Buffer[], random: Random): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length + 1)
  const to = Math.min(bytes.length, at + 1 + random.below(32))
  switch (random.below(8)) {
    case 0:
      return edited(bytes, (copy) => {
        if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
      })
    case 1:
      return edited(bytes, (copy) => copy.fill(random.pick(telling), at, to))
    case 2:
      return edited(bytes, (copy) => {
        if (at + 4 <= copy.length) copy.writeUInt32BE(random.pick(tellingWords), at)
      })
    case 3:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(16), bytes.subarray(at)])
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)])
    case 5:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)])
    case 6:
      return Buffer.from(bytes.subarray(0, at))
    default: {
      const other = random.pick(samples)
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))])
    }
  }
}

function edited(bytes: Buffer, edit: (copy: Buffer) => unknown): Buffer<ArrayBuffer> {
  const copy = Buffer.from(bytes)
  edit(copy)
  return copy
}
