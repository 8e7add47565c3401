import assert from 'node:assert/strict'
import { mkdir, readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Product } from '../support/product.ts'
import { openTransferClient, type TransferClient, transferProtocols } from '../support/transfer-clients.ts'
import { waitUntil } from '../support/wait-until.ts'
import { placeOf } from './crash-writers.ts'

/**
 * People who must never get what they ask for, whatever state the server is in: a wrong password, a disabled account, a
 * name that does not exist, an upload by who may only read. They try again and again over every protocol.
 */
export class Trespassers implements AsyncDisposable {
  readonly #product: Product
  readonly #readers: readonly TransferClient[]
  readonly #work: Promise<void>
  #isOver = false
  #tried = 0
  #rounds = 0

  private constructor(product: Product, readers: readonly TransferClient[]) {
    this.#product = product
    this.#readers = readers
    this.#work = this.#goOn()
    this.#work.catch(() => undefined)
  }

  static async begin(product: Product): Promise<Trespassers> {
    await product.addUser('reader', { permissions: { '/': ['list', 'download'] } })
    await product.addUser('disabled', { status: 0 })
    await product.addUser('victim')
    for (const name of ['reader', 'disabled', 'victim'])
      await mkdir(product.homeOf(name), { recursive: true })
    const open = transferProtocols.map((protocol) => openTransferClient(protocol, placeOf(product), 'reader'))
    return new Trespassers(product, await Promise.all(open))
  }

  /** One attempt of each kind. @throws when one has come through */
  async #tryAll(): Promise<void> {
    const place = placeOf(this.#product)
    const mustFail = async (what: string, work: Promise<unknown>) => {
      this.#tried++
      const hasPassed = await work.then(
        () => true,
        () => false,
      )
      assert.equal(hasPassed, false, what)
    }
    for (const protocol of transferProtocols) {
      const signIn = (name: string, password?: string) => openTransferClient(protocol, place, name, password)
      await mustFail(`disabled over ${protocol}`, signIn('disabled'))
      await mustFail(`nobody over ${protocol}`, signIn('nobody'))
    }
    for (const client of this.#readers)
      await mustFail(
        `an upload of a reader over ${client.protocol}`,
        client.put('/forbidden', Buffer.from('x')),
      )
    assert.deepEqual(await readdir(this.#product.homeOf('reader')), [])
  }

  /** Waits until each has tried everything since now. @throws when one has come through */
  async nextRound(): Promise<void> {
    const last = this.#rounds + 2
    const tried = waitUntil('attempts of all kinds', () => this.#rounds >= last, 30_000)
    await Promise.race([this.#work, tried])
  }

  /** @returns how often they have tried @throws when one has come through */
  async end(): Promise<number> {
    this.#isOver = true
    await this.#work
    return this.#tried
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await this.#work.catch(() => undefined)
    for (const client of this.#readers) client[Symbol.dispose]()
  }

  async #goOn(): Promise<void> {
    while (!this.#isOver) {
      await this.#tryAll()
      this.#rounds++
      await delay(50)
    }
  }
}
