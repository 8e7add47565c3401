import { isUtf8 } from 'node:buffer'

const lineFeed = 0x0a
const carriageReturn = 0x0d
const interpretAsCommand = 0xff

/** A line that was longer than allowed; what it held is gone. */
export const tooLong = Symbol('line too long')

export type CommandLine = string | typeof tooLong

/**
 * Cuts what a control connection receives into lines: split over chunks or several in one, ended by CRLF or a bare
 * LF, with Telnet controls taken out (RFC 959 §4.1.3, RFC 854). Holds at most `maxLineBytes`.
 */
export class CommandReader {
  readonly #maxLineBytes: number
  readonly #telnet = new TelnetFilter()
  #parts: Buffer[] = []
  #length = 0
  #isSkipping = false

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /** True when a line has begun and not ended. */
  get hasPartialLine(): boolean {
    return this.#length > 0 || this.#isSkipping || this.#telnet.isInside
  }

  push(chunk: Buffer): CommandLine[] {
    const bytes = this.#telnet.strip(chunk)
    const lines: CommandLine[] = []
    let start = 0
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      this.#add(bytes.subarray(start, end))
      lines.push(this.#take())
      start = end + 1
    }
    this.#add(bytes.subarray(start))
    return lines
  }

  #add(part: Buffer): void {
    if (part.length === 0 || this.#isSkipping) return
    this.#length += part.length
    if (this.#length > this.#maxLineBytes) {
      this.#parts = []
      this.#length = 0
      this.#isSkipping = true
    } else {
      // A copy, so that a few bytes do not keep the whole chunk of the socket alive.
      this.#parts.push(Buffer.from(part))
    }
  }

  #take(): CommandLine {
    if (this.#isSkipping) {
      this.#isSkipping = false
      return tooLong
    }
    const line = Buffer.concat(this.#parts)
    this.#parts = []
    this.#length = 0
    const text = line.subarray(0, endOf(line))
    // RFC 2640 §2.2: what is not UTF-8 comes from a client that knows no UTF-8.
    const decoded = isUtf8(text) ? text.toString('utf8') : text.toString('latin1')
    // A CR that ends no line has a NUL behind it (RFC 854, RFC 2640 §3.1).
    return decoded.replaceAll('\r\0', '\r')
  }
}

/** Before the CR that ends `line`, and what careless clients send beside it. */
function endOf(line: Buffer): number {
  const isEnded = line.at(-1) === carriageReturn
  let end = isEnded ? line.length - 1 : line.length
  while (end > 0 && (line[end - 1] === carriageReturn || line[end - 1] === 0)) {
    // Of the name: a line that ends in order goes on behind it.
    if (isEnded && line[end - 1] === 0 && line[end - 2] === carriageReturn) break
    end--
  }
  return end
}

/** Takes Telnet commands out of a stream; a command may be split over chunks. */
class TelnetFilter {
  #state: 'text' | 'command' | 'option' = 'text'

  get isInside(): boolean {
    return this.#state !== 'text'
  }

  strip(chunk: Buffer): Buffer {
    if (this.#state === 'text' && !chunk.includes(interpretAsCommand)) return chunk
    const text = Buffer.alloc(chunk.length)
    let length = 0
    for (const byte of chunk) {
      if (this.#state === 'option') this.#state = 'text'
      else if (this.#state === 'command') {
        this.#state = byte >= 251 && byte <= 254 ? 'option' : 'text'
        // The Data Mark that follows IAC travels as urgent data and may be missing here; what comes instead is text.
        // Twice the same is the byte itself (RFC 854).
        if (byte < 240 || byte === interpretAsCommand) text[length++] = byte
      } else if (byte === interpretAsCommand) this.#state = 'command'
      else text[length++] = byte
    }
    return text.subarray(0, length)
  }
}
