import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { ConnectionRegistry } from '../../src/core/connections/connection-registry.ts'
import { EventBus } from '../../src/core/events/event-bus.ts'
import { parseVirtualPath } from '../../src/core/files/virtual-path.ts'
import { silentLog } from '../../src/core/log.ts'
import { Metrics } from '../../src/protocols/http/metrics.ts'
import { readText } from './rendered-manifest.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title?: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

interface Dashboard {
  readonly title: string
  readonly uid: string
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] }
}

interface Described {
  readonly labels: ReadonlySet<string>
  readonly type: string
}

const metricName = /\bsftpgo_\w+/g
/** Prometheus adds them to everything that it reads. */
const scrapeLabels = ['job', 'instance']
/** Units by their ids in Grafana. */
const units = ['none', 's', 'bytes', 'Bps', 'ops', 'reqps', 'percentunit']

suite('dashboard', () => {
  const text = readText('docs/grafana/sftpgo.json')
  const dashboard = JSON.parse(text) as Dashboard
  const shown = dashboard.panels.filter(({ type }) => type !== 'row')
  const expressions = shown.flatMap(({ targets }) => targets ?? []).map(({ expr }) => expr)
  let known: ReadonlyMap<string, Described>
  before(async () => {
    known = await describedMetrics()
  })

  test('every metric of every expression is one that the server gives, by its right kind of series', () => {
    const used = [...text.matchAll(metricName)].map(([name]) => name)
    assert.ok(used.length > 30)
    for (const name of new Set(used)) {
      const histogram = /^(.+)_(?:bucket|sum|count)$/.exec(name)?.[1]
      const described = known.get(name) ?? (histogram === undefined ? undefined : known.get(histogram))
      assert.ok(described, name)
      assert.equal(described.type === 'histogram', histogram !== undefined && !known.has(name), name)
    }
  })

  test('counters are shown as rates or increases, and what is grouped by is a label of the metric', () => {
    for (const expr of expressions) {
      const [name = ''] = expr.match(metricName) ?? []
      const metric = known.get(name) ?? known.get(name.replace(/_bucket$/, ''))
      assert.ok(metric, expr)
      assert.equal(metric.type !== 'gauge', /\b(rate|increase)\(/.test(expr), expr)
      for (const label of /by \(([^)]*)\)/.exec(expr)?.[1]?.split(', ') ?? [])
        assert.ok(label === 'le' || metric.labels.has(label), `${label} in ${expr}`)
      for (const [, label = ''] of expr.matchAll(/(\w+)=~?"/g))
        assert.ok(scrapeLabels.includes(label) || metric.labels.has(label), `${label} in ${expr}`)
      assert.ok(balanced(expr), expr)
    }
  })

  test('every metric of ours has its place on it', () => {
    const used = expressions.join('\n')
    const missing = [...known.keys()].filter((name) => name.startsWith('sftpgo_') && !used.includes(name))
    // Counted under other names beside others, or kept for dashboards made for SFTPGo.
    const elsewhere =
      /^sftpgo_(uploads|downloads|upload_errors|download_errors)_total$|_login_(ok|ko|attempts)_total$|^sftpgo_login_(ko|attempts)_total$/
    assert.deepEqual(
      missing.filter((name) => !elsewhere.test(name)),
      [],
    )
  })

  test('every panel has a title, a description, a unit and a place of its own', () => {
    assert.ok(shown.length > 20)
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
    const taken = new Set<string>()
    for (const { title = '', description = '', fieldConfig, gridPos, targets = [] } of shown) {
      assert.ok(title.length > 3 && description.length > 3, title)
      assert.ok(units.includes(fieldConfig?.defaults.unit ?? ''), title)
      assert.ok(targets.length > 0 && targets.every(({ legendFormat }) => legendFormat !== ''), title)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(x < 24 && !taken.has(`${x} ${y}`), title)
          taken.add(`${x} ${y}`)
        }
    }
  })

  test('it asks for the data source instead of naming one', () => {
    assert.deepEqual(
      dashboard.templating.list.map(({ name }) => name),
      ['datasource', 'job', 'instance'],
    )
    const sources = [...text.matchAll(/"uid": "([^"]+)"/g)].map(([, uid]) => uid)
    assert.deepEqual(new Set(sources), new Set([dashboard.uid, '${datasource}']))
  })
})

/** Every metric with its type and its labels, once everything has happened that has labels. */
async function describedMetrics(): Promise<ReadonlyMap<string, Described>> {
  const events = new EventBus(silentLog)
  const connections = new ConnectionRegistry()
  const sample = { loopDelay: 0, memoryBytes: 1, heapBytes: 1, cpuSeconds: 1 }
  using metrics = new Metrics({
    ...{ events, connections, passiveWaiting: () => 0 },
    certificates: () => [{ host: 'h', expiresAt: 1, isSelfSigned: false, error: '' }],
    workers: () => ({
      ...{ running: 1, restarts: 0, hangs: 0 },
      reports: [{ number: 1, sessions: 0, silentSeconds: 0, sample }],
    }),
    audit: () => ({ queued: 0, written: 0, failures: 0, dropped: 0, limited: 0 }),
  })
  const actor = { connectionId: 'c', username: 'u', protocol: 'SFTP', remoteAddress: 'a' } as const
  const moved = { actor, path: parseVirtualPath('/f'), bytes: 1, durationMs: 1 }
  connections.open({ ...actor, clientVersion: '' }, 0)
  metrics.sample(0, sample)
  metrics.passiveClaim('given', 1)
  for (const code of ['quota-exceeded', 'no-space'] as const) {
    events.emit({ type: 'upload-failed', ...moved, code })
    events.emit({ type: 'download-failed', ...moved, code })
    events.emit({ type: 'operation-refused', ...moved, operation: 'mkdir', code })
  }
  events.emit({ type: 'directory-made', ...moved })
  events.emit({ type: 'session-opened', actor, clientVersion: '', method: 'password' })
  events.emit({ type: 'sign-in-refused', ...actor, method: 'password', code: 'access-denied' })
  events.emit({ type: 'admin-signed-in', admin: 'a', remoteAddress: 'a', source: 'local' })
  const text = await metrics.text()
  const labelsOf = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}(?:_bucket)?\\{(.*)\\}`, 'gm'))].flatMap(([, labels = '']) =>
      [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label),
    )
  return new Map(
    [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [
      name,
      { type, labels: new Set(labelsOf(name)) },
    ]),
  )
}

function balanced(expr: string): boolean {
  const open: string[] = []
  const pairs: Record<string, string> = { ')': '(', '}': '{', ']': '[' }
  for (const char of expr.replaceAll(/"[^"]*"/g, ''))
    if ('({['.includes(char)) open.push(char)
    else if (char in pairs && open.pop() !== pairs[char]) return false
  return open.length === 0
}
