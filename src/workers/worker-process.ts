import type { ChildProcess } from 'node:child_process'
import cluster, { type Worker } from 'node:cluster'
import type { Log } from '../core/log.ts'
import { Channel } from './channel.ts'
import type { ChannelToWorker } from './messages.ts'
import { UnderwayConnections } from './underway-connections.ts'

/** How long a worker that has nothing left to do may take to end. */
const endingMs = 2_000
/** How long what a worker said may take to be heard after its process has ended. */
const hearingMs = 500

/** One worker as the primary process sees it: it runs from its making until `ended` settles. */
export class WorkerProcess {
  readonly channel: ChannelToWorker
  /** Settles when it has ended and everything that it said has been heard. */
  readonly ended: Promise<void>
  readonly #worker: Worker
  readonly #startedAt = performance.now()

  /** `program`: the file that a worker runs. */
  constructor(program: string, log: Log) {
    cluster.schedulingPolicy = cluster.SCHED_RR
    cluster.setupPrimary({ exec: program, args: [], serialization: 'advanced' })
    const worker = cluster.fork()
    this.#worker = worker
    const { process: child } = worker
    const connections = new UnderwayConnections(child)
    this.channel = new Channel(
      {
        send: (message, handle, onSent) => void child.send(message, handle, {}, onSent),
        receive: (listener) => void child.on('message', listener),
      },
      log,
    )
    worker.on('error', (err) => log.error({ err, pid: child.pid }, 'worker process failed'))
    this.ended = endOf(child, () => connections.forgetWorker()).then(() => {
      connections.passOn()
      this.channel.end()
    })
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0
  }

  /** Milliseconds. */
  get age(): number {
    return performance.now() - this.#startedAt
  }

  /** For the log: its exit code, or the signal that ended it. */
  get outcome(): { exitCode: number | null; signal: string | null } {
    const { exitCode, signalCode } = this.#worker.process
    return { exitCode, signal: signalCode }
  }

  /** Lets it end its connections within `graceMs`, and ends it then, whatever it does. */
  async stop(graceMs: number): Promise<void> {
    const deadline = setTimeout(() => this.kill(), graceMs + endingMs)
    try {
      await this.channel.call('stop', graceMs)
    } catch {
      // It has ended, or cannot end well.
    }
    clearTimeout(deadline)
    const killing = setTimeout(() => this.kill(), endingMs)
    if (this.#worker.isConnected()) this.#worker.process.disconnect()
    await this.ended
    clearTimeout(killing)
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL')
  }
}

/** Calls `onExit` in the moment in which the process ends; settles when everything that it said has been heard. */
async function endOf(child: ChildProcess, onExit: () => void): Promise<void> {
  // Not events.once(): a message that finds it gone is an error of the process, and no end of the wait.
  const told = (event: 'exit' | 'disconnect') =>
    new Promise<void>((resolve) => child.once(event, () => resolve()))
  let isHeard = told('disconnect')
  await new Promise<void>((resolve) => {
    child.once('exit', () => {
      const isConnected = child.connected
      onExit()
      if (isConnected) isHeard = told('disconnect')
      resolve()
    })
  })
  // One that is killed while it sends or is given a connection may never be told as disconnected.
  const { promise: isTooLate, resolve: giveUp } = Promise.withResolvers<void>()
  const timer = setTimeout(giveUp, hearingMs)
  await Promise.race([isHeard, isTooLate])
  // It would keep this process from ending.
  clearTimeout(timer)
}
