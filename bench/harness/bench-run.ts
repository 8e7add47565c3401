import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { runProgram } from '../../test/support/run-program.ts'
import { startServer } from '../servers/start-server.ts'
import { killClients } from './client.ts'
import { topOf } from './profile.ts'
import type { MeasurementOutcome, RowOutcome } from './outcome.ts'
import type { Curve } from './report.ts'
import type { BenchFacts, Failure } from './results.ts'
import type { Credentials, Measurement, MeasurementContext, Row } from './row.ts'
import { messageOf, type RowOptions, runRow } from './run-row.ts'
import { emptyDirectory, Storage, type StorageKind } from './storage.ts'

export interface BenchOptions {
  readonly runs: number
  /** Of the races; curves have their own. */
  readonly scale: number
  readonly storages: readonly StorageKind[]
  readonly isLong: boolean
  /** Profiles of each row have a directory in it. */
  readonly profileDirectory: string | undefined
}

const usualScales = [0.1, 1, 10]
/** The first peer of a row takes part in its curve up to here; beyond it some take minutes. */
const peersUpToScale = 10

/** One call of the command: its keys, its directories, and what went wrong. Interrupted, it ends all it has started. */
export class Bench implements AsyncDisposable {
  readonly failures: Failure[] = []
  readonly #options: BenchOptions
  readonly #credentials: Credentials
  readonly #storages: readonly Storage[]
  readonly #interruption = new AbortController()
  readonly #stack: AsyncDisposableStack

  private constructor(
    options: BenchOptions,
    credentials: Credentials,
    storages: readonly Storage[],
    stack: AsyncDisposableStack,
  ) {
    this.#options = options
    this.#credentials = credentials
    this.#storages = storages
    this.#stack = stack
    const interrupt = () => {
      this.#interruption.abort(new Error('interrupted'))
      killClients()
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, interrupt)
      stack.defer(() => void process.off(signal, interrupt))
    }
  }

  static async open(options: BenchOptions): Promise<Bench> {
    await using stack = new AsyncDisposableStack()
    const directory = await mkdtemp(join(tmpdir(), 'bench-keys-'))
    stack.defer(() => rm(directory, { recursive: true, force: true }))
    const keyFile = join(directory, 'id')
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile])
    const credentials = { username: userInfo().username, password: 'bench-password', keyFile }
    const storages: Storage[] = []
    for (const kind of options.storages) storages.push(stack.use(await Storage.open(kind)))
    return new Bench(options, credentials, storages, stack.move())
  }

  get facts(): BenchFacts {
    const fileSystems = Object.fromEntries(this.#storages.map(({ kind, fileSystem }) => [kind, fileSystem]))
    return { runs: this.#options.runs, fileSystems }
  }

  async runRows(rows: readonly Row[]): Promise<RowOutcome[]> {
    const outcomes: RowOutcome[] = []
    for (const row of rows)
      for (const storage of this.#storages)
        if (storage.kind === 'memory' || row.alsoOnDisk)
          outcomes.push(
            await this.#run(row, {
              storage,
              scale: this.#options.scale,
              runs: row.runs ?? this.#options.runs,
            }),
          )
    return outcomes
  }

  /** In the first storage alone; a large size once. */
  async drawCurves(rows: readonly Row[]): Promise<Curve[]> {
    const [storage] = this.#storages
    const curves: Curve[] = []
    for (const row of rows) {
      if (!row.hasCurve || !storage) continue
      const points: RowOutcome[] = []
      for (const scale of row.scales ?? usualScales) {
        const runs = scale > 1 ? 1 : this.#options.runs
        const beside = scale > peersUpToScale ? 'nobody' : 'the first peer'
        points.push(await this.#run(row, { storage, scale, runs, beside }))
      }
      curves.push({ title: row.title, unit: row.unit ?? { name: 'GiB', count: 1 }, points })
    }
    return curves
  }

  async measure(measurements: readonly Measurement[]): Promise<MeasurementOutcome[]> {
    const [storage] = this.#storages
    const outcomes: MeasurementOutcome[] = []
    for (const measurement of storage ? measurements : []) {
      const { name, title } = measurement
      this.#tell(title)
      try {
        outcomes.push({ name, title, values: await this.#measureIn(storage as Storage, measurement) })
      } catch (error) {
        this.#interruption.signal.throwIfAborted()
        this.failures.push({ where: name, why: messageOf(error) })
        outcomes.push({ name, title, values: [], failure: messageOf(error) })
      }
    }
    return outcomes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async #run(row: Row, options: Omit<RowOptions, 'credentials' | 'signal' | 'tell'>): Promise<RowOutcome> {
    const { signal } = this.#interruption
    const profileDirectory = this.#profileDirectoryOf(row, options)
    const outcome = await runRow(row, {
      ...options,
      credentials: this.#credentials,
      profileDirectory,
      signal,
      tell: (line) => this.#tell(line),
    })
    for (const [server, why] of Object.entries(outcome.failures))
      this.failures.push({ where: `${row.name}, ${server}, ${options.storage.kind}`, why })
    if (profileDirectory === undefined) return outcome
    try {
      // Each process writes its own when it ends, which is by now.
      return { ...outcome, profile: await topOf(profileDirectory, outcome.startedAt) }
    } catch (error) {
      this.failures.push({ where: `${row.name}, profile`, why: messageOf(error) })
      return outcome
    }
  }

  #profileDirectoryOf(
    row: Row,
    { storage, scale }: Pick<RowOptions, 'storage' | 'scale'>,
  ): string | undefined {
    const { profileDirectory } = this.#options
    return profileDirectory && join(resolve(profileDirectory), `${row.name}-${storage.kind}-${scale}`)
  }

  async #measureIn(storage: Storage, measurement: Measurement) {
    let started = 0
    await using stack = new AsyncDisposableStack()
    stack.defer(() => emptyDirectory(storage.scratch))
    const context: MeasurementContext = {
      credentials: this.#credentials,
      scratch: storage.scratch,
      scale: 1,
      verifiesContent: true,
      isLong: this.#options.isLong,
      start: async (name) => {
        const directory = await mkdtemp(storage.placeOf(`${name}-${++started}-`))
        stack.defer(() => rm(directory, { recursive: true, force: true }))
        return startServer(name, { directory, credentials: this.#credentials })
      },
    }
    return await measurement.measure(context)
  }

  #tell(line: string): void {
    console.error(line)
  }
}
