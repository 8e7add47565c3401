import assert from 'node:assert/strict'
import { test } from 'node:test'
import { initialWindow, ReceiveWindow, WindowBudget } from './receive-window.ts'

const mebibyte = 1024 * 1024

/** A client that always sends all it may; answers how much that is in the end. */
function windowAfterMuchTraffic(roundTripMs: number, budget: WindowBudget, packets = 4_000) {
  let allowed = initialWindow
  const window = new ReceiveWindow(budget, roundTripMs, (bytes) => (allowed += bytes))
  for (let i = 0; i < packets; i++) {
    const bytes = Math.min(32_768, allowed)
    allowed -= bytes
    assert.ok(window.receive(bytes))
    window.consume(bytes)
  }
  return { window, allowed }
}

test('grows far for a client that is far away and little for one that is near', () => {
  const near = windowAfterMuchTraffic(0.5, new WindowBudget()).allowed
  const far = windowAfterMuchTraffic(40, new WindowBudget()).allowed
  assert.ok(near > 3 * mebibyte && near <= 4 * mebibyte, `${near}`)
  assert.ok(far > 13 * mebibyte && far <= 16 * mebibyte, `${far}`)
})

test('is large before a far client has sent twice its first window', () => {
  const { allowed } = windowAfterMuchTraffic(40, new WindowBudget(), (2 * initialWindow) / 32_768)
  assert.ok(allowed > 12 * mebibyte, `${allowed}`)
})

test('grows within the budget of all, and gives its part back', () => {
  const budget = new WindowBudget(16 * mebibyte)
  const first = windowAfterMuchTraffic(40, budget)
  assert.ok(first.allowed > 12 * mebibyte)
  assert.ok(windowAfterMuchTraffic(40, budget).allowed <= 4 * mebibyte)
  first.window.release()
  assert.ok(windowAfterMuchTraffic(40, budget).allowed > 8 * mebibyte)
})

test('gives nothing back for bytes that are not dealt with, and notices a client that sends on', () => {
  const granted: number[] = []
  const window = new ReceiveWindow(new WindowBudget(), 1, (bytes) => granted.push(bytes))
  assert.ok(window.receive(initialWindow))
  assert.deepEqual(granted, [])
  assert.equal(window.receive(1), false)
})
