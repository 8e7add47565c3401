import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import type { LineOutput } from './burst-output.ts'

/** Bytes that may wait for a reader; lines that come then are lost. Some ten thousand lines. */
const defaultMaxWaiting = 4 * 1024 * 1024
/** Milliseconds between looks at a reader that took nothing. */
const retryMs = 50
/** How long the end of the process waits for a reader, in milliseconds. */
const lastPatienceMs = 500
const newLine = 0x0a

export interface PatientOutputOptions {
  /** Told how many lines were lost, once there is room for a word of it. */
  readonly onLost: (lines: number) => void
  readonly maxWaiting?: number
}

/**
 * Writes whole lines to a descriptor, in this very moment where it takes them. A reader that does not read (a terminal
 * that was stopped, a collector of logs that hangs) holds nobody up: lines wait for it, as many as may, and later ones are
 * counted instead.
 */
export class PatientOutput implements LineOutput {
  readonly #fd: number
  readonly #options: PatientOutputOptions
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #lost = 0
  #timer: NodeJS.Timeout | undefined

  /** `fd` is one of openUnblocked(). */
  constructor(fd: number, options: PatientOutputOptions) {
    this.#fd = fd
    this.#options = options
  }

  /** @throws when the descriptor cannot be written to any more */
  write(lines: string): void {
    const bytes = Buffer.from(lines)
    if (this.#waiting.length > 0) return this.#keepIfRoom(bytes)
    const rest = this.#put(bytes)
    if (rest.length > 0) this.#keep(rest)
  }

  /** Gives the reader a last chance, since the process ends. */
  flush(): void {
    const giveUpAt = performance.now() + lastPatienceMs
    for (;;) {
      this.#putWaiting()
      if (this.#waiting.length === 0 || performance.now() >= giveUpAt) return
      // Nothing else runs any more.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs)
    }
  }

  #keepIfRoom(bytes: Buffer): void {
    const { maxWaiting = defaultMaxWaiting } = this.#options
    if (this.#waitingBytes + bytes.length <= maxWaiting) return this.#keep(bytes)
    for (const byte of bytes) if (byte === newLine) this.#lost++
  }

  #keep(bytes: Buffer): void {
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    this.#timer ??= setTimeout(() => this.#retry(), retryMs).unref()
  }

  #retry(): void {
    this.#timer = undefined
    this.#putWaiting()
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#retry(), retryMs).unref()
  }

  #putWaiting(): void {
    const waiting = this.#waiting
    let taken = 0
    for (const bytes of waiting) {
      const rest = this.#put(bytes)
      this.#waitingBytes -= bytes.length - rest.length
      if (rest.length > 0) {
        waiting[taken] = rest
        break
      }
      taken++
    }
    this.#waiting = waiting.slice(taken)
    if (this.#waiting.length > 0 || this.#lost === 0) return
    const lost = this.#lost
    this.#lost = 0
    this.#options.onLost(lost)
  }

  /** @returns what was not taken */
  #put(bytes: Buffer): Buffer {
    let written = 0
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // A terminal that was closed: the stop that follows from it goes on, told to nobody.
      if (code === 'EIO') return bytes.subarray(bytes.length)
      if (code !== 'EAGAIN') throw error
    }
    return bytes.subarray(written)
  }
}

/**
 * The pipe or terminal behind `fd` as a descriptor that does not wait for its reader: one of its own, as the mode belongs to
 * all who share a descriptor. A socket and a file stay as they are: the one cannot be opened anew, the other waits for no reader
 * and would be written from its beginning.
 */
export function openUnblocked(fd: number): number {
  const stat = fstatSync(fd)
  if (!stat.isFIFO() && !stat.isCharacterDevice()) return fd
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants
  try {
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
  } catch {
    // Of somebody else, or without a reader any more.
    return fd
  }
}
