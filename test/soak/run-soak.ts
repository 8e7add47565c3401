import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { placeOf } from '../faults/crash-writers.ts'
import { quotaIsTrue } from '../support/disk-truth.ts'
import { nothingIsLeft, type ProcessState, stateOf } from '../support/process-state.ts'
import { type Product, startProduct } from '../support/product.ts'
import { openTransferClient, transferProtocols } from '../support/transfer-clients.ts'
import { forEachIndex } from './sessions.ts'

export interface SoakOptions {
  readonly seconds: number
  /** Clients of each protocol at any time. */
  readonly clients: number
  readonly workers: number
  readonly report: (line: string) => void
}

export interface SoakResult {
  readonly transfers: number
  readonly sessions: number
  readonly apiCalls: number
  readonly errors: readonly string[]
  /** Memory at regular times, in MiB. */
  readonly curve: readonly number[]
}

const mebibyte = 2 ** 20
const samples = 30
/** What the memory of a server at work may move by from one third of a run to the next. */
const flatMebibytes = 60
const largestFile = 2_000_000

/**
 * Mixed work without a pause: clients of every protocol come, store, fetch, list, remove and go, an admin reads along.
 * @throws when descriptors or sessions are left, counters are wrong, or memory grows
 */
export async function runSoak({ seconds, clients, workers, report }: SoakOptions): Promise<SoakResult> {
  await using product = await startProduct({ env: { WORKERS: String(workers), LOG_LEVEL: 'error' } })
  const users = Array.from({ length: 4 }, (_, index) => `user${index}`)
  for (const username of users) {
    await product.addUser(username, { quota_size: 500 * mebibyte })
    await mkdir(product.homeOf(username), { recursive: true })
  }
  const work = new Work(product, users)
  // Once through everything, so that what is opened once and kept is there.
  await work.oneOfEach()
  await nothingIsLeft(product, { descriptors: Infinity, memory: 0 })
  const quiet = await stateOf(product.pid)
  const until = performance.now() + seconds * 1000
  const curve: number[] = []
  const watch = async () => {
    while (performance.now() < until) {
      await delay((seconds / samples) * 1000)
      const { memory, descriptors } = await stateOf(product.pid)
      curve.push(Math.round(memory / mebibyte))
      report(
        `${Math.round((performance.now() - until) / 1000 + seconds)} s: ${curve.at(-1)} MiB, ${descriptors} descriptors, ${work.tally()}`,
      )
    }
  }
  await Promise.all([watch(), work.until(() => performance.now() > until, clients)])
  await checkEnd(product, users, quiet)
  const { transfers, sessions, apiCalls, errors } = work
  const third = Math.ceil(curve.length / 3)
  const growth = medianOf(curve.slice(-third)) - medianOf(curve.slice(third, 2 * third))
  report(`memory ${growth} MiB from the second third to the last; curve ${curve.join(' ')}`)
  assert.ok(growth < flatMebibytes, `memory grew by ${growth} MiB: ${curve.join(' ')}`)
  assert.equal(await product.stop(), 0)
  return { transfers, sessions, apiCalls, errors, curve }
}

async function checkEnd(product: Product, users: readonly string[], quiet: ProcessState): Promise<void> {
  await nothingIsLeft(product, quiet, 60_000)
  for (const username of users) await quotaIsTrue(product, username)
}

class Work {
  transfers = 0
  sessions = 0
  apiCalls = 0
  readonly errors: string[] = []
  readonly #product: Product
  readonly #users: readonly string[]
  #count = 0

  constructor(product: Product, users: readonly string[]) {
    this.#product = product
    this.#users = users
  }

  tally(): string {
    return `${this.sessions} sessions, ${this.transfers} transfers, ${this.apiCalls} calls, ${this.errors.length} errors`
  }

  async oneOfEach(): Promise<void> {
    await forEachIndex(transferProtocols.length, 4, (index) => this.#session(index))
    await this.#admin()
  }

  async until(isOver: () => boolean, clients: number): Promise<void> {
    const loop = async (work: () => Promise<void>) => {
      while (!isOver()) {
        try {
          await work()
        } catch (error) {
          if (this.errors.length < 100)
            this.errors.push(error instanceof Error ? error.message : String(error))
        }
      }
    }
    const sessions = Array.from({ length: clients * transferProtocols.length }, (_, index) =>
      loop(() => this.#session(index)),
    )
    const admin = loop(async () => {
      await this.#admin()
      await delay(250)
    })
    await Promise.all([...sessions, admin])
  }

  /** Someone comes, works a little and goes. */
  async #session(index: number): Promise<void> {
    const protocol = transferProtocols[index % transferProtocols.length] ?? 'SFTP'
    const username = this.#users[Math.floor(Math.random() * this.#users.length)] ?? ''
    using client = await openTransferClient(protocol, placeOf(this.#product), username)
    for (let round = 0; round < 4; round++) {
      const name = `file-${++this.#count}`
      const content = randomBytes(Math.ceil(largestFile * Math.random() ** 3))
      await client.put(`/${name}`, content)
      assert.ok((await client.get(`/${name}`)).equals(content), `${protocol} gave back another file`)
      assert.ok((await client.list('/')).includes(name), `${protocol} does not list a file that is there`)
      await client.remove(`/${name}`)
      this.transfers += 2
    }
    this.sessions++
  }

  async #admin(): Promise<void> {
    for (const path of ['/connections', '/users', '/status', '/folders']) {
      const { status } = await this.#product.api('GET', path)
      assert.equal(status, 200, path)
      this.apiCalls++
    }
  }
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
