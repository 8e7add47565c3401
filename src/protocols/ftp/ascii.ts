const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Turns one piece of a stream after the other into another form of the same text. */
export interface LineEndConverter {
  convert(chunk: Buffer): Buffer
  /** What was held back at the end of the last piece. */
  end(): Buffer
}

/** TYPE A towards the client: every line ends with CRLF (RFC 959 §3.1.1.1); one that does already is left alone. */
export class ToNetworkLines implements LineEndConverter {
  #endsWithReturn = false

  convert(chunk: Buffer): Buffer {
    if (chunk.length === 0) return chunk
    let bareFeeds = 0
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1))
      if (!this.#followsReturn(chunk, at)) bareFeeds++
    const converted = Buffer.allocUnsafe(chunk.length + bareFeeds)
    let from = 0
    let length = 0
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) {
      if (this.#followsReturn(chunk, at)) continue
      length += chunk.copy(converted, length, from, at)
      converted[length++] = carriageReturn
      from = at
    }
    chunk.copy(converted, length, from)
    this.#endsWithReturn = chunk[chunk.length - 1] === carriageReturn
    return converted
  }

  end(): Buffer {
    return Buffer.alloc(0)
  }

  #followsReturn(chunk: Buffer, at: number): boolean {
    return at === 0 ? this.#endsWithReturn : chunk[at - 1] === carriageReturn
  }
}

/** TYPE A from the client: CRLF becomes LF; a CR or LF that stands alone is left as it is. */
export class ToLocalLines implements LineEndConverter {
  #hasHeldReturn = false

  convert(chunk: Buffer): Buffer {
    if (chunk.length === 0) return chunk
    const converted = Buffer.allocUnsafe(chunk.length + 1)
    let length = 0
    if (this.#hasHeldReturn && chunk[0] !== lineFeed) converted[length++] = carriageReturn
    this.#hasHeldReturn = chunk[chunk.length - 1] === carriageReturn
    const end = this.#hasHeldReturn ? chunk.length - 1 : chunk.length
    let from = 0
    for (let at = chunk.indexOf(carriageReturn); at >= 0; at = chunk.indexOf(carriageReturn, at + 1)) {
      if (at >= end || chunk[at + 1] !== lineFeed) continue
      length += chunk.copy(converted, length, from, at)
      from = at + 1
    }
    length += chunk.copy(converted, length, from, end)
    return converted.subarray(0, length)
  }

  end(): Buffer {
    const held = Buffer.from(this.#hasHeldReturn ? '\r' : '')
    this.#hasHeldReturn = false
    return held
  }
}
