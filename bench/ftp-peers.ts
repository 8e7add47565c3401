/**
 * The product's FTP beside ftp-srv: the same files in memory, the same clients, alternating in one run.
 * `npm run bench:ftp-peers` prints two tables and one line of JSON; a number as argument sets the runs of each workload.
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Check, checks, judge } from './ftp/checks.ts'
import { type CheckRow, median, renderReport, type SpeedRow } from './ftp/report.ts'
import { type FtpUnderTest, installPeer, isRunning, startOurs, startPeer } from './ftp/servers.ts'
import { measure, prepare, type Sample, type Workload } from './ftp/workloads.ts'

const runs = Number(process.argv[2] ?? 5)
const peerPassivePorts = 50

/** A server that is started again when a client has brought it down. */
class Contestant implements AsyncDisposable {
  starts = 0
  readonly #start: () => Promise<FtpUnderTest>
  #server: FtpUnderTest | undefined

  constructor(start: () => Promise<FtpUnderTest>) {
    this.#start = start
  }

  async server(): Promise<FtpUnderTest> {
    if (this.#server && isRunning(this.#server)) return this.#server
    this.starts++
    this.#server = await this.#start()
    return this.#server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
  }
}

interface Field {
  readonly ours: Contestant
  readonly peer: Contestant
  /** The peer again, with a single passive port. */
  readonly narrowPeer: Contestant
}

async function runChecks(field: Field, scratch: string): Promise<CheckRow[]> {
  const rows: CheckRow[] = []
  for (const check of checks) {
    const peer = check.isOnOnePort ? field.narrowPeer : field.peer
    const row = {
      title: check.title,
      ours: await judgeOn(field.ours, check, scratch),
      peer: await judgeOn(peer, check, scratch),
    }
    console.error(JSON.stringify(row))
    rows.push(row)
  }
  return rows
}

async function judgeOn(contestant: Contestant, check: Check, scratch: string) {
  return judge(check, await contestant.server(), scratch)
}

async function runWorkloads({ ours, peer }: Field, scratch: string): Promise<SpeedRow[]> {
  const homes = await Promise.all([ours, peer].map(async (each) => (await each.server()).home))
  const rows: SpeedRow[] = []
  for (const workload of await prepare(homes, scratch)) {
    const samples: { ours: Sample[]; peer: Sample[] } = { ours: [], peer: [] }
    for (let run = 0; run < runs; run++) {
      await sample(ours, workload, samples.ours)
      await sample(peer, workload, samples.peer)
    }
    const failed = { ours: runs - samples.ours.length, peer: runs - samples.peer.length }
    const row = { title: workload.title, ours: median(samples.ours), peer: median(samples.peer), failed }
    console.error(JSON.stringify(row))
    rows.push(row)
  }
  return rows
}

async function sample(contestant: Contestant, workload: Workload, into: Sample[]): Promise<void> {
  try {
    into.push(await measure(workload, await contestant.server()))
  } catch (error) {
    console.error(`${workload.title}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

await using stack = new AsyncDisposableStack()
await installPeer()
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const directory = await mkdtemp(join(memory, 'ftp-peers-'))
stack.defer(() => rm(directory, { recursive: true, force: true }))
const scratch = join(directory, 'scratch')
await mkdir(scratch)
const peer = (name: string, ports: number) =>
  stack.use(new Contestant(() => startPeer(join(directory, name), ports)))
const field: Field = {
  ours: stack.use(new Contestant(() => startOurs(join(directory, 'ours')))),
  peer: peer('peer', peerPassivePorts),
  narrowPeer: peer('narrow-peer', 1),
}
const correctness = await runChecks(field, scratch)
const speed = await runWorkloads(field, scratch)
const restarts = { ours: field.ours.starts - 1, peer: field.peer.starts + field.narrowPeer.starts - 2 }
console.log(`${renderReport(correctness, speed)}\n`)
console.log(JSON.stringify({ node: process.version, runs, restarts, correctness, speed }))
