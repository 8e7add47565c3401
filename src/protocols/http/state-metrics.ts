import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ProcessSample } from '../../core/process-sample.ts'
import type { ClaimOutcome, MetricSources } from './metric-sources.ts'

const delayBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
const waitBuckets = [0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30]
const loginDelayBuckets = [0.5, 1, 2, 4, 8]
const primary = 'primary'

/** How the server itself fares: its processes, what waits in it, what it leans on. */
export class StateMetrics {
  readonly #registry: Registry
  readonly #loopDelay: Histogram
  readonly #passiveWait: Histogram
  readonly #claims: Counter
  readonly #loginDelay: Histogram
  #own: ProcessSample | undefined

  constructor(registry: Registry, sources: MetricSources) {
    this.#registry = registry
    this.#loopDelay = this.#histogram(
      'sftpgo_event_loop_delay_seconds',
      'Longest delay of the event loop in each second',
      { buckets: delayBuckets, labelNames: ['process'] },
    )
    this.#passiveWait = this.#histogram(
      'sftpgo_passive_wait_seconds',
      'How long FTP clients waited for a passive port',
      { buckets: waitBuckets, labelNames: [] },
    )
    this.#claims = new Counter({
      name: 'sftpgo_passive_claims_total',
      help: 'Passive ports asked for: given, busy to the end, or given up by the client',
      labelNames: ['outcome'],
      registers: [registry],
    })
    this.#loginDelay = this.#histogram(
      'sftpgo_login_delay_seconds',
      'How long sign-ins were held up after failed ones',
      { buckets: loginDelayBuckets, labelNames: [] },
    )
    this.#showServing(sources)
    this.#showProcesses(sources)
    this.#showAudit(sources)
    this.#showCertificates(sources)
  }

  /** `worker` 0 is this process. */
  sample(worker: number, sample: ProcessSample): void {
    this.#loopDelay.observe({ process: nameOf(worker) }, sample.loopDelay)
    if (worker === 0) this.#own = sample
  }

  passiveClaim(outcome: ClaimOutcome, seconds: number): void {
    this.#claims.inc({ outcome })
    this.#passiveWait.observe(seconds)
  }

  loginDelayed(ms: number): void {
    this.#loginDelay.observe(ms / 1000)
  }

  #showServing({ connections, workers, passiveWaiting }: MetricSources): void {
    this.#gauge('sftpgo_active_connections', 'Clients that are signed in', () => connections.size)
    this.#gauge('sftpgo_workers', 'Processes that serve SFTP and FTP', () => workers().running)
    this.#count(
      'sftpgo_worker_restarts_total',
      'Processes that took the place of one that ended',
      () => workers().restarts,
    )
    this.#count(
      'sftpgo_worker_hangs_total',
      'Processes that were ended because they did not answer',
      () => workers().hangs,
    )
    this.#gauge('sftpgo_passive_waiting', 'FTP clients that wait for a passive port', passiveWaiting)
    this.#gauges('sftpgo_sessions', 'Clients that are signed in', 'protocol', () =>
      connections.countByProtocol(),
    )
  }

  #showProcesses({ connections, workers }: MetricSources): void {
    const ofEach = (read: (sample: ProcessSample) => number) => () => {
      const values = new Map<string, number>()
      if (this.#own) values.set(primary, read(this.#own))
      for (const { number, sample } of workers().reports) if (sample) values.set(nameOf(number), read(sample))
      return values
    }
    this.#gauges(
      'sftpgo_process_memory_bytes',
      'Memory that the process holds',
      'process',
      ofEach((sample) => sample.memoryBytes),
    )
    this.#gauges(
      'sftpgo_process_heap_bytes',
      'JavaScript heap in use',
      'process',
      ofEach((sample) => sample.heapBytes),
    )
    this.#counters(
      'sftpgo_process_cpu_seconds_total',
      'Processor time of the process that runs now',
      'process',
      ofEach((sample) => sample.cpuSeconds),
    )
    this.#gauges('sftpgo_process_sessions', 'Sessions that the process serves', 'process', () => {
      const { reports } = workers()
      const elsewhere = reports.reduce((sum, { sessions }) => sum + sessions, 0)
      return new Map([
        [primary, connections.size - elsewhere],
        ...reports.map(({ number, sessions }) => [nameOf(number), sessions] as const),
      ])
    })
    this.#gauges(
      'sftpgo_worker_silent_seconds',
      'Since when the worker was not heard of',
      'process',
      () => new Map(workers().reports.map(({ number, silentSeconds }) => [nameOf(number), silentSeconds])),
    )
  }

  #showAudit({ audit }: MetricSources): void {
    this.#gauge('sftpgo_audit_queue_length', 'Audit records that are not written yet', () => audit().queued)
    this.#count('sftpgo_audit_written_total', 'Audit records written', () => audit().written)
    this.#count(
      'sftpgo_audit_write_failures_total',
      'Writes of audit records that the database refused; they are tried again',
      () => audit().failures,
    )
    this.#counters(
      'sftpgo_audit_dropped_total',
      'Audit records that were not kept',
      'reason',
      () =>
        new Map([
          ['queue-full', audit().dropped],
          ['refusal-limit', audit().limited],
        ]),
    )
  }

  #showCertificates({ certificates }: MetricSources): void {
    this.#gauges(
      'sftpgo_certificate_expiry_timestamp_seconds',
      'When the certificate in use ends',
      'host',
      () =>
        new Map(
          certificates()
            .filter(({ expiresAt }) => expiresAt > 0)
            .map(({ host, expiresAt }) => [host, expiresAt / 1000]),
        ),
    )
  }

  #histogram(name: string, help: string, more: { buckets: number[]; labelNames: string[] }): Histogram {
    return new Histogram({ name, help, ...more, registers: [this.#registry] })
  }

  #gauge(name: string, help: string, read: () => number): void {
    const registers = [this.#registry]
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(read())
      },
    })
  }

  #gauges(name: string, help: string, label: string, read: () => ReadonlyMap<string, number>): void {
    const registers = [this.#registry]
    new Gauge({
      ...{ name, help, labelNames: [label], registers },
      collect() {
        this.reset()
        for (const [value, amount] of read()) this.set({ [label]: value }, amount)
      },
    })
  }

  #count(name: string, help: string, read: () => number): void {
    const registers = [this.#registry]
    new Counter({
      ...{ name, help, registers },
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  }

  #counters(name: string, help: string, label: string, read: () => ReadonlyMap<string, number>): void {
    const registers = [this.#registry]
    new Counter({
      ...{ name, help, labelNames: [label], registers },
      collect() {
        this.reset()
        for (const [value, amount] of read()) this.inc({ [label]: value }, amount)
      },
    })
  }
}

function nameOf(worker: number): string {
  return worker === 0 ? primary : `worker-${worker}`
}
