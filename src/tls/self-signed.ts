import { generateKeyPair, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecureContextOptions } from 'node:tls'
import { promisify } from 'node:util'
import { isIPv6 } from 'node:net'
import type { Log } from '../core/log.ts'
import { checkPair, isCurrent, namesHost, type Credentials, type KeyPair } from './key-pair.ts'
import { writeCertificate } from './x509-writer.ts'

export interface SelfSignedOptions {
  /** Private directory that keeps the pair, so that clients who pinned it see no change after a restart. */
  readonly dataDirectory: string
  readonly host: string
  readonly contextOptions: SecureContextOptions
  readonly log: Log
}

const dayMs = 24 * 60 * 60 * 1000
/** Some clients refuse server certificates that live longer than 825 days, whoever signed them. */
const lifetimeMs = 800 * dayMs
const renewBeforeMs = 30 * dayMs
/** Clocks of devices are often slow. */
const backdateMs = dayMs

/** The certificate that is served when no other can be: made on first need, kept, renewed by itself. */
export class SelfSigned {
  readonly host: string
  readonly #options: SelfSignedOptions
  #pair: KeyPair | undefined

  constructor(options: SelfSignedOptions) {
    this.host = options.host
    this.#options = options
  }

  get pair(): KeyPair | undefined {
    return this.#pair
  }

  /** Loads, makes or renews the pair. A directory that cannot be written costs its permanence only. */
  async ensure(now: number): Promise<'loaded' | 'unchanged'> {
    if (this.#isGood(this.#pair, now)) return 'unchanged'
    const kept = await this.#read()
    this.#pair = this.#isGood(kept, now) ? kept : await this.#make(now)
    return 'loaded'
  }

  #isGood(pair: KeyPair | undefined, now: number): pair is KeyPair {
    return (
      pair !== undefined &&
      isCurrent(pair, now) &&
      pair.notAfter - now > renewBeforeMs &&
      (isIPv6(this.host) || namesHost(pair, this.host))
    )
  }

  async #read(): Promise<KeyPair | undefined> {
    try {
      const [cert, key] = await Promise.all([
        readFile(this.#path('crt'), 'utf8'),
        readFile(this.#path('key'), 'utf8'),
      ])
      return checkPair({ cert, key }, this.#options.contextOptions)
    } catch {
      // Missing, cut short by a crash or of another host: each ends in a new pair.
      return undefined
    }
  }

  async #make(now: number): Promise<KeyPair> {
    const credentials = await makeSelfSigned(this.host, {
      notBefore: now - backdateMs,
      notAfter: now - backdateMs + lifetimeMs,
    })
    try {
      await mkdir(this.#options.dataDirectory, { recursive: true, mode: 0o700 })
      await replaceFile(this.#path('key'), credentials.key)
      await replaceFile(this.#path('crt'), credentials.cert)
    } catch (err) {
      this.#options.log.warn({ err }, 'self-signed certificate cannot be kept for the next start')
    }
    return checkPair(credentials, this.#options.contextOptions)
  }

  #path(extension: 'key' | 'crt'): string {
    return join(this.#options.dataDirectory, `self-signed.${extension}`)
  }
}

/** A new P-256 key and a certificate of its own for `host`, `localhost` and 127.0.0.1. */
export async function makeSelfSigned(
  host: string,
  validity: { readonly notBefore: number; readonly notAfter: number },
): Promise<Credentials> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const cert = writeCertificate({
    commonName: host,
    names: [...new Set([...(isIPv6(host) ? [] : [host]), 'localhost', '127.0.0.1'])],
    publicKey,
    ...validity,
    signer: { commonName: host, privateKey, publicKey },
  })
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' })
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}
