import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { rootPath } from '../../core/files/virtual-path.ts'
import { ExpectedCloses } from './expected-closes.ts'
import type { WriteHandle } from './open-handles.ts'

const everything = () => true

/** Closes of one file that is being written. */
function open({ isStaged = true } = {}) {
  const queue = { isIdle: true }
  const upload = { isStaged, bytes: 5 }
  const handle = { kind: 'write', path: rootPath, queue, upload, mayRead: false } as unknown as WriteHandle
  const closes = new ExpectedCloses()
  closes.opened(handle)
  return { closes, handle, queue, upload }
}

/** Whether a wait has ended, once everything that could end it had its turn. */
async function isOver(wait: Promise<unknown> | undefined): Promise<boolean> {
  let isSettled = false
  void wait?.then(() => (isSettled = true))
  await new Promise((resolve) => setImmediate(resolve))
  return wait === undefined || isSettled
}

const withTimers = (t: TestContext) => t.mock.timers.enable({ apis: ['setInterval'] })

test('a request waits for the CLOSE of its file, and for no other', async (t) => {
  withTimers(t)
  const { closes, handle } = open()
  assert.equal(
    closes.of(() => false),
    undefined,
  )
  const wait = closes.of(everything)
  assert.ok(!(await isOver(wait)))
  closes.closed(handle)
  assert.ok(await isOver(wait))
  assert.equal(closes.of(everything), undefined)
})

test('nobody waits for a file that is still being written to, or is changed in place', () => {
  const { closes, queue } = open()
  queue.isIdle = false
  assert.equal(closes.of(everything), undefined)
  assert.equal(open({ isStaged: false }).closes.of(everything), undefined)
})

test('who depends on no CLOSE waits for none, but keeps its place behind those who wait', async (t) => {
  withTimers(t)
  const { closes, handle } = open()
  assert.equal(closes.of(everything, { isNeeded: false }), undefined)
  const order: string[] = []
  void closes.of(everything)?.then(() => order.push('first'))
  void closes.of(everything, { isNeeded: false })?.then(() => order.push('second'))
  assert.ok(!(await isOver(closes.of(everything, { isNeeded: false }))))
  closes.closed(handle)
  await isOver(undefined)
  assert.deepEqual(order, ['first', 'second'])
})

test('who comes while another waits goes on after it, also when the file is written to meanwhile', async (t) => {
  withTimers(t)
  const { closes, handle, queue } = open()
  const order: string[] = []
  void closes.of(everything)?.then(() => order.push('first'))
  queue.isIdle = false
  void closes.of(everything)?.then(() => order.push('second'))
  closes.closed(handle)
  await isOver(undefined)
  assert.deepEqual(order, ['first', 'second'])
})

test('a file that is kept open holds requests up for a quarter of a second, and again only after more was written', async (t) => {
  withTimers(t)
  const { closes, upload } = open()
  const wait = closes.of(everything)
  t.mock.timers.tick(249)
  assert.ok(!(await isOver(wait)))
  t.mock.timers.tick(1)
  assert.ok(await isOver(wait))
  assert.equal(closes.of(everything), undefined)
  upload.bytes += 5
  assert.ok(!(await isOver(closes.of(everything))))
})

test('a CLOSE that came while this process stood still is read before patience is over', async () => {
  const { closes, handle } = open()
  const order: string[] = []
  void closes.of(everything)?.then(() => order.push('went on'))
  const until = performance.now() + 400
  while (performance.now() < until);
  // What the socket holds is read after the timers that are due.
  setImmediate(() => {
    order.push('CLOSE')
    closes.closed(handle)
  })
  await delay(50)
  assert.deepEqual(order, ['CLOSE', 'went on'])
})
