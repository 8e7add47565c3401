import { argon2, randomBytes, timingSafeEqual, createHmac } from 'node:crypto'
import { FileServerError } from '../errors.ts'
import { Semaphore } from './semaphore.ts'

/** OWASP's argon2id parameters: 19 MiB, two passes, one lane. */
const memoryKiB = 19 * 1024
const passes = 2
const parallelism = 1
const tagLength = 32
const maxMemoryKiB = 64 * 1024
/** Longer passwords are refused before any work is done for them, in bytes of UTF-8. */
export const maxPasswordBytes = 1024
const cacheLifetimeMs = 5 * 60_000
const cacheSize = 10_000

interface Parameters {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
  readonly nonce: Buffer
  readonly tag: Buffer
}

export interface PasswordVerifier {
  /**
   * False for a wrong password; an empty or unreadable hash costs the same time and is never right. `afresh` costs it
   * also for a password that was right a moment ago, where the answer must not tell that it is.
   * @throws FileServerError 'too-many-attempts' when too many logins wait already
   */
  verify(password: string, hash: string, options?: { readonly afresh?: boolean }): Promise<boolean>
}

/**
 * argon2id on the thread pool, a few at a time: file I/O shares that pool, and an unbounded login storm would
 * starve it for seconds. Devices that connect for every file are served from a short memory of what was right.
 */
export class PasswordHasher implements PasswordVerifier {
  readonly #semaphore: Semaphore
  readonly #cacheKey = randomBytes(32)
  readonly #verified = new Map<string, number>()
  /** What burn() works on: a hash that no password has. */
  readonly #nobody: Parameters = {
    memory: memoryKiB,
    passes,
    parallelism,
    nonce: randomBytes(16),
    tag: Buffer.alloc(tagLength),
  }

  constructor(options: { concurrency: number; maxWaiting?: number }) {
    this.#semaphore = new Semaphore(options.concurrency, options.maxWaiting ?? 200)
  }

  /** @throws FileServerError 'invalid-argument' for a password over 1024 bytes */
  async hash(password: string): Promise<string> {
    checkLength(password)
    const nonce = randomBytes(16)
    const tag = await this.#derive(password, {
      memory: memoryKiB,
      passes,
      parallelism,
      nonce,
      tag: Buffer.alloc(tagLength),
    })
    return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${encode(nonce)}$${encode(tag)}`
  }

  async verify(password: string, hash: string, { afresh = false } = {}): Promise<boolean> {
    const parameters = parse(hash)
    if (Buffer.byteLength(password) > maxPasswordBytes || !parameters) {
      await this.burn(password)
      return false
    }
    const cacheKey = createHmac('sha256', this.#cacheKey)
      .update(hash)
      .update('\0')
      .update(password)
      .digest('base64')
    if (!afresh && (this.#verified.get(cacheKey) ?? 0) > Date.now()) return true
    const tag = await this.#derive(password, parameters)
    if (!timingSafeEqual(tag, parameters.tag)) return false
    if (this.#verified.size >= cacheSize) this.#verified.clear()
    this.#verified.set(cacheKey, Date.now() + cacheLifetimeMs)
    return true
  }

  /** Spends the time of a verification, so that an unknown user answers as slowly as a known one. */
  async burn(password: string): Promise<void> {
    await this.#derive(password.slice(0, maxPasswordBytes), this.#nobody)
  }

  async #derive(password: string, parameters: Parameters): Promise<Buffer> {
    using _place = await this.#semaphore.acquire()
    return new Promise((resolve, reject) => {
      const options = {
        message: password,
        nonce: parameters.nonce,
        memory: parameters.memory,
        passes: parameters.passes,
        parallelism: parameters.parallelism,
        tagLength: parameters.tag.length,
      }
      argon2('argon2id', options, (error, tag) => (error ? reject(error) : resolve(tag)))
    })
  }
}

/** True for a hash that is cheap enough to be verified here; what else calls itself one could exhaust the memory. */
export function isPasswordHash(text: string): boolean {
  const parameters = parse(text)
  return (
    parameters !== undefined &&
    parameters.memory >= 8 * parameters.parallelism &&
    parameters.memory <= maxMemoryKiB &&
    isBetween(parameters.passes, 1, 10) &&
    isBetween(parameters.parallelism, 1, 4) &&
    isBetween(parameters.nonce.length, 8, 64) &&
    isBetween(parameters.tag.length, 16, 64)
  )
}

function isBetween(value: number, minimum: number, maximum: number): boolean {
  return value >= minimum && value <= maximum
}

function checkLength(password: string): void {
  if (Buffer.byteLength(password) > maxPasswordBytes)
    throw new FileServerError('invalid-argument', 'The password is too long', { field: 'password' })
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

function parse(hash: string): Parameters | undefined {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/.exec(hash)
  if (!match) return undefined
  const [, memory, time, lanes, nonce, tag] = match
  return {
    memory: Number(memory),
    passes: Number(time),
    parallelism: Number(lanes),
    nonce: Buffer.from(nonce ?? '', 'base64'),
    tag: Buffer.from(tag ?? '', 'base64'),
  }
}
