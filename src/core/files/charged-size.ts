import { checkSize } from './attribute-changes.ts'
import type { QuotaTicket } from './quota-ticket.ts'

export interface ChargedSizeOptions {
  readonly ticket: QuotaTicket
  /** Size of the file as it is found, in bytes. */
  readonly initialSize: number
  /** Bytes that the quota gets back for what is overwritten: they are not charged twice. */
  readonly replacedSize: number
  /** Bytes; 0 = no limit. Asked each time. */
  readonly maxFileSize: () => number
}

/** How large a file being written is, in bytes: the quota is charged first. */
export class ChargedSize {
  #options: ChargedSizeOptions
  #bytes: number
  /** While the quota is being asked for a size that was given already; stays when it was refused. */
  #claiming: Promise<void> | undefined

  constructor(options: ChargedSizeOptions) {
    this.#options = options
    this.#bytes = options.initialSize
  }

  get bytes(): number {
    return this.#bytes
  }

  /**
   * Charges for a file that reaches to `end`, which is its size at once: what is appended next goes behind. Where the
   * charge has to be waited for, so has every write within it. @throws 'quota-exceeded', also later: the writer gives up
   */
  reach(end: number): Promise<void> | undefined {
    this.#check(end)
    if (end <= this.#bytes) return this.#claiming
    const held = this.#hold(end)
    this.#bytes = end
    if (held) this.#await(held)
    return this.#claiming
  }

  /** Whether a file of `size` bytes would be allowed; nothing is held. @throws 'quota-exceeded' */
  async checkFits(size: number): Promise<void> {
    this.#check(size)
    if (size <= this.#bytes) return
    await this.#hold(size)
    await this.#hold(this.#bytes)
  }

  /** Gives the file another size; `apply` does it, with room for it. @throws 'quota-exceeded' before anything is changed */
  async set(size: number, apply: () => Promise<void>): Promise<void> {
    this.#check(size)
    if (size > this.#bytes) {
      await this.#hold(size)
      this.#bytes = size
      return apply()
    }
    await apply()
    this.#bytes = size
    await this.#hold(size)
  }

  /** Another file of `size` bytes goes for this one: what that makes to hold is held with the next bytes. */
  replaces(size: number): void {
    this.#options = { ...this.#options, replacedSize: size }
  }

  /** The file was cut off, or found to have this size; its upload ends. */
  endAt(size: number): void {
    this.#bytes = size
  }

  #check(size: number): void {
    checkSize(size, this.#options.maxFileSize())
  }

  #await(held: Promise<void>): void {
    const claiming = Promise.all([this.#claiming, held]).then(() => {
      if (this.#claiming === claiming) this.#claiming = undefined
    })
    // Whoever writes waits for it.
    claiming.catch(noop)
    this.#claiming = claiming
  }

  #hold(size: number): Promise<void> | undefined {
    const { ticket, replacedSize } = this.#options
    return ticket.holdBytes(Math.max(0, size - replacedSize))
  }
}

function noop(): void {}
