import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProcessSample } from './core/process-sample.ts'
import { ProcessMeter } from './process-meter.ts'
import { waitUntil } from '../test/support/wait-until.ts'

test('a sample tells the longest delay since the one before, memory and processor time', async () => {
  const samples: ProcessSample[] = []
  using _meter = new ProcessMeter((sample) => samples.push(sample))
  await waitUntil('a first sample', () => samples.length > 0)
  holdUp(300)
  const seen = samples.length
  // One that was due already may come before the delay is noticed.
  const after = await waitUntil('a sample that tells it', () =>
    samples.slice(seen).find(({ loopDelay }) => loopDelay > 0.25),
  )
  assert.ok(after.loopDelay < 3, String(after.loopDelay))
  assert.ok(after.memoryBytes > after.heapBytes && after.heapBytes > 1_000_000)
  assert.ok(after.cpuSeconds > (samples[0]?.cpuSeconds ?? NaN))
})

test('a delay that begins right after a sample is told by the next one', async () => {
  const samples: ProcessSample[] = []
  using _meter = new ProcessMeter((sample) => {
    samples.push(sample)
    if (samples.length === 1) holdUp(300)
  })
  await waitUntil('two samples', () => samples.length > 1)
  const told = samples[1]?.loopDelay ?? NaN
  assert.ok(told > 0.25 && told < 3, String(told))
})

function holdUp(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
