import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EndlessTransfers } from '../clients/endless-transfers.ts'
import { askClient } from '../clients/json-client.ts'
import { mixedTransfers } from '../clients/mixed-transfers.ts'
import { addUsers } from '../clients/product-users.ts'
import { atLowestPriority } from '../harness/client.ts'
import type { MeasuredValue, Measurement, MeasurementContext, ServerUnderTest } from '../harness/row.ts'

const script = join(import.meta.dirname, '../clients/password-logins.ts')
const logins = 200
const perKind = 4
const goalMs = 40
/** The meter is a timer of so many milliseconds, and what it tells is from one firing to the next. */
const meterMs = 10

/**
 * The clients of the transfers take what the server leaves of the processors: otherwise most of a delay is the time in which
 * sixteen of them had both, which says nothing of the server.
 */
export const loadDelay: Measurement = {
  name: 'load-delay',
  title: 'Event-loop delay with 200 logins and 16 transfers at once',
  async measure(context) {
    await using server = await context.start('ours')
    const { password } = context.credentials
    const [spread, once] = [
      await addUsers(server, { count: logins, prefix: 'spread', password }),
      await addUsers(server, { count: logins, prefix: 'once', password }),
    ]
    const calls = await mixedTransfers(server, context, perKind)
    await using transfers = new EndlessTransfers(calls.map(atLowestPriority))
    // What the start of the clients costs is not what is asked for.
    await sleep(3000)
    const values = [
      ...(await delays(server, context, spread, { how: 'spread over 5 s', spreadMs: 5000 })),
      ...(await delays(server, context, once, { how: 'all at once', spreadMs: 0 })),
    ]
    transfers.assertAllRan()
    return values
  },
}

async function delays(
  server: ServerUnderTest,
  context: MeasurementContext,
  usernames: readonly string[],
  { how, spreadMs }: { readonly how: string; readonly spreadMs: number },
): Promise<MeasuredValue[]> {
  const { password } = context.credentials
  const given = { port: server.sftpPort, usernames, password, spreadMs }
  // Each reading begins a new period.
  await readLag(server)
  const before = await readThread(server.pid)
  const startedAt = performance.now()
  const { failures } = await askClient<{ readonly failures: readonly string[] }>(
    process.execPath,
    script,
    given,
    context.scratch,
  )
  const seconds = (performance.now() - startedAt) / 1000
  const { p99, max } = await readLag(server)
  const after = await readThread(server.pid)
  if (failures.length > 0) throw new Error(`${failures.length} logins failed, ${how}: ${failures[0]}`)
  const title = `Event-loop delay with ${logins} password logins ${how} and ${4 * perKind} transfers`
  return [
    { title: `${title}, p99`, value: p99 * 1000 - meterMs, unit: 'ms', goal: { atMost: goalMs } },
    { title: `${title}, longest`, value: max * 1000 - meterMs, unit: 'ms' },
    {
      title: `Of that time the server’s thread ran, ${how}`,
      value: ((after.ranMs - before.ranMs) / seconds) * 0.1,
      unit: '%',
    },
    {
      title: `Of that time it was ready and clients had the processors, ${how}`,
      value: ((after.waitedMs - before.waitedMs) / seconds) * 0.1,
      unit: '%',
    },
    { title: `Time of those logins, ${how}`, value: seconds, unit: 's' },
  ]
}

/** What the kernel counts of the main thread (proc_pid_schedstat(5)). */
async function readThread(pid: number): Promise<{ readonly ranMs: number; readonly waitedMs: number }> {
  const text = await readFile(`/proc/${pid}/task/${pid}/schedstat`, 'latin1')
  const [ran = 0, waited = 0] = text.split(' ').map(Number)
  return { ranMs: ran / 1e6, waitedMs: waited / 1e6 }
}

interface Lag {
  /** Seconds, with those of the meter's own timer. */
  readonly p99: number
  readonly max: number
}

/** What the server's metrics tell of the time since they were read last. */
async function readLag({ metricsUrl = '' }: ServerUnderTest): Promise<Lag> {
  const text = await (await fetch(metricsUrl)).text()
  const valueOf = (name: string) => {
    const value = new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm').exec(text)?.[1]
    if (value === undefined) throw new Error(`the metrics tell no event-loop delay (${name})`)
    return Number(value)
  }
  return { p99: valueOf('p99'), max: valueOf('max') }
}
