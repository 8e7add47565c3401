import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProcessSample } from './core/process-sample.ts'
import { ProcessMeter } from './process-meter.ts'
import { waitUntil } from '../test/support/wait-until.ts'

test('a sample tells the longest delay since the one before, memory and processor time', async () => {
  const samples: ProcessSample[] = []
  using _meter = new ProcessMeter((sample) => samples.push(sample))
  await waitUntil('a first sample', () => samples.length > 0)
  const blockedUntil = performance.now() + 300
  while (performance.now() < blockedUntil);
  const seen = samples.length
  // One that was due already may come before the delay is noticed.
  const after = await waitUntil('a sample that tells it', () =>
    samples.slice(seen).find(({ loopDelay }) => loopDelay > 0.25),
  )
  assert.ok(after.loopDelay < 3, String(after.loopDelay))
  assert.ok(after.memoryBytes > after.heapBytes && after.heapBytes > 1_000_000)
  assert.ok(after.cpuSeconds > (samples[0]?.cpuSeconds ?? NaN))
})
