import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { median } from './median.ts'
import { compare, type RowOutcome, type Sample } from './outcome.ts'
import { renderCurves, renderMeasurements, renderProfiles, renderRows } from './report.ts'

const gibibyte = 2 ** 30

function sample(seconds: number, cpuSeconds: number, peakPss = 100 * 2 ** 20): Sample {
  return { seconds, cpuSeconds, clientCpuSeconds: 1, peakPss, bytes: gibibyte / 2 }
}

const outcome: RowOutcome = {
  name: 'x-down',
  title: 'X down',
  storage: 'memory',
  scale: 1,
  startedAt: 0,
  ours: 'ours',
  peers: ['openssh', 'proftpd'],
  goals: { speed: 2, cpu: 0.7 },
  servers: [
    { name: 'ours', samples: [sample(1, 0.5), sample(9, 9), sample(2, 1)] },
    { name: 'proftpd', samples: [sample(8, 2), sample(8, 2), sample(8, 2)] },
    { name: 'openssh', samples: [sample(3, 1), sample(3, 1.25), sample(3, 4)] },
    { name: 'ssh2 stock', samples: [sample(1, 7)] },
  ],
  failures: {},
}

suite('report of the bench', () => {
  test('the median is the value in the middle, or the mean of the two', () => {
    assert.equal(median([9, 1, 2]), 2)
    assert.equal(median([4, 1, 2, 3]), 2.5)
    assert.equal(median([7]), 7)
    assert.throws(() => median([]))
  })

  test('we are compared with the fastest of the peers, by medians', () => {
    const found = compare(outcome)
    assert.equal(found?.best.name, 'openssh')
    assert.equal(found.speed, 1.5)
    assert.equal(found.cpu, 1 / 1.25)
    assert.equal(found.ours.cpuSecondsPerGib, 2)
    assert.deepEqual(found.others, [
      { name: 'proftpd', speed: 4 },
      { name: 'ssh2 stock', speed: 0.5 },
    ])
  })

  test('CPU below what the kernel counts gives no ratio', () => {
    const servers = [
      { name: 'ours' as const, samples: [sample(1, 1)] },
      { name: 'openssh' as const, samples: [sample(1, 0.01)] },
    ]
    assert.equal(compare({ ...outcome, servers })?.cpu, undefined)
  })

  test('the table tells a goal that is not reached, and only that', () => {
    const [, , row = ''] = renderRows([outcome]).split('\n')
    assert.match(row, /\| 1\.50 \| ≥ 2 ✗ \|/)
    assert.match(row, /\| 2\.00 s\/GiB \| 2\.50 s\/GiB \| 0\.80 \| ≤ 0\.7 ✗ \| 1\.00 s \|/)
    const [, , reached = ''] = renderRows([{ ...outcome, goals: { speed: 1.5, cpu: 0.8 } }]).split('\n')
    assert.doesNotMatch(reached, /✗/)
  })

  test('a row without our result or without any peer is told as failed', () => {
    const servers = outcome.servers.filter(({ name }) => name !== 'ours')
    const table = renderRows([{ ...outcome, servers, failures: { ours: 'it broke' } }])
    assert.match(table, /\| X down \| failed \|.*ours failed/)
  })

  test('measured values stand beside their goals', () => {
    const values = [
      { title: 'delay', value: 39.96, unit: 'ms', goal: { atMost: 40 } },
      { title: 'rate', value: 0.5, unit: '', goal: { atLeast: 0.9 } },
    ]
    const table = renderMeasurements([{ name: 'm', title: 'M', values }])
    assert.match(table, /\| delay \| 40 ms \| ≤ 40 \|/)
    assert.match(table, /\| rate \| 0\.5 \| ≥ 0\.9 ✗ \|/)
  })

  test('a profile shows what a function took by itself', () => {
    const profile = [{ name: 'write socket.js:7', milliseconds: 412.3, share: 0.25 }]
    assert.match(
      renderProfiles([{ ...outcome, profile }]),
      /\| X down \| write socket\.js:7 \| 25\.0 % \| 412 ms \|/,
    )
  })

  test('a curve shows seconds for one unit at each size', () => {
    const unit = { name: 'thousand', count: 50 }
    const table = renderCurves([{ title: 'C', unit, points: [{ ...outcome, scale: 2 }] }])
    assert.match(table, /\| C \| ours \| 100 thousand \| 2\.00 s \| 20\.0 ms \|/)
  })
})
