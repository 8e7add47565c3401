import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UploadQueue, type UploadEvents, type UploadItem, type UploadOrder } from './upload-queue.ts'

interface Sending {
  readonly item: UploadItem
  readonly events: UploadEvents
  isPaused: boolean
}

/** A queue whose uploads do what the test says. */
function openQueue() {
  const sendings: Sending[] = []
  const done: string[] = []
  const discarded: UploadItem[] = []
  let changes = 0
  const queue = new UploadQueue({
    start: (item, events) => {
      const sending = { item, events, isPaused: false }
      item.mayHaveBegun = true
      sendings.push(sending)
      return { pause: () => (sending.isPaused = true) }
    },
    discard: (item) => discarded.push(item),
    onChange: () => changes++,
    onDone: ({ path }) => done.push(path),
  })
  const sendingOf = (path: string) => {
    const found = sendings.findLast(({ item }) => item.path === path)
    assert.ok(found, `${path} was not started`)
    return found
  }
  const itemOf = (path: string) => {
    const found = queue.items.find((item) => item.path === path)
    assert.ok(found, `${path} is not in the queue`)
    return found
  }
  return { queue, sendings, done, discarded, sendingOf, itemOf, changes: () => changes }
}

const order = (path: string, size = 10): UploadOrder => ({
  path,
  file: new File([new Uint8Array(size)], path.slice(1)),
  overwrite: false,
})
const orders = (count: number) => Array.from({ length: count }, (_, at) => order(`/f${at}`))

describe('the upload queue', () => {
  it('sends three files at once, the others one after another', () => {
    const { queue, sendings, done, sendingOf } = openQueue()
    queue.add(orders(5))
    assert.deepEqual(
      sendings.map(({ item }) => item.path),
      ['/f0', '/f1', '/f2'],
    )
    sendingOf('/f1').events.onDone()
    assert.equal(sendings.length, 4)
    assert.deepEqual(done, ['/f1'])
    assert.equal(sendingOf('/f3').item.state, 'active')
  })

  it('stops one file that is refused, and no other', () => {
    const { queue, sendingOf, itemOf } = openQueue()
    queue.add(orders(4))
    sendingOf('/f0').events.onFail('The quota is exceeded')
    assert.equal(itemOf('/f0').state, 'failed')
    assert.equal(itemOf('/f0').error, 'The quota is exceeded')
    assert.equal(itemOf('/f3').state, 'active')
    assert.equal(queue.totals().failed, 1)
  })

  it('gives the place of a paused file to the next, and goes on with it later', () => {
    const { queue, sendings, sendingOf, itemOf } = openQueue()
    queue.add(orders(4))
    queue.pause(itemOf('/f0'))
    assert.ok(sendingOf('/f0').isPaused)
    assert.equal(itemOf('/f3').state, 'active')
    queue.resume(itemOf('/f0'))
    assert.equal(itemOf('/f0').state, 'waiting')
    sendingOf('/f3').events.onDone()
    assert.equal(itemOf('/f0').state, 'active')
    assert.equal(sendings.length, 5)
  })

  it('pauses all without starting any, and resumes all', () => {
    const { queue, sendings } = openQueue()
    queue.add(orders(6))
    queue.pauseAll()
    assert.equal(sendings.length, 3)
    assert.equal(queue.totals().paused, 6)
    assert.ok(!queue.isActive)
    queue.resumeAll()
    assert.equal(queue.totals().open, 6)
    assert.equal(sendings.length, 6)
  })

  it('discards what a cancelled file has sent, and counts it no more', () => {
    const { queue, sendingOf, itemOf, discarded } = openQueue()
    queue.add(orders(6))
    queue.cancel(itemOf('/f1'))
    assert.ok(sendingOf('/f1').isPaused)
    sendingOf('/f2').events.onFail('The quota is exceeded')
    queue.pause(itemOf('/f0'))
    for (const path of ['/f2', '/f0']) queue.cancel(itemOf(path))
    assert.deepEqual(
      discarded.map(({ path }) => path),
      ['/f1', '/f2', '/f0'],
    )
    assert.equal(queue.totals().count, 3)
    queue.cancelAll()
    assert.equal(queue.totals().count, 0)
    queue.clear()
    assert.equal(queue.items.length, 0)
  })

  it('tries again all that failed, from the beginning of the queue', () => {
    const { queue, sendingOf, itemOf } = openQueue()
    queue.add(orders(2))
    sendingOf('/f0').events.onFail('no')
    sendingOf('/f1').events.onDone()
    queue.retryAll()
    assert.equal(itemOf('/f0').state, 'active')
    assert.equal(itemOf('/f0').error, undefined)
    sendingOf('/f0').events.onDone()
    assert.equal(queue.totals().done, 2)
  })

  it('goes on with a file that is chosen again, and sends another one of its name instead', () => {
    const { queue, sendings, sendingOf, itemOf, discarded } = openQueue()
    const times = { lastModified: 1000 }
    const chosen = (path: string, content: string, options = times) =>
      queue.enqueue([{ path, file: new File([content], path.slice(1), options), overwrite: false }])
    for (const path of ['/same', '/larger', '/later']) chosen(path, 'old')
    queue.pause(itemOf('/same'))
    for (const path of ['/larger', '/later']) sendingOf(path).events.onFail('The quota is exceeded')
    chosen('/same', 'old')
    assert.equal(itemOf('/same').state, 'active')
    assert.equal(queue.items.length, 3)

    chosen('/larger', 'newer')
    chosen('/later', 'new', { lastModified: 2000 })
    assert.deepEqual([itemOf('/larger').state, itemOf('/later').state], ['cancelled', 'cancelled'])
    assert.deepEqual(
      discarded.map(({ path }) => path),
      ['/larger', '/later'],
    )
    assert.deepEqual(
      sendings.slice(-2).map(({ item }) => [item.path, item.file.size, item.file.lastModified]),
      [
        ['/larger', 5, 1000],
        ['/later', 3, 2000],
      ],
    )
    assert.notEqual(itemOf('/larger').uploadId, sendingOf('/larger').item.uploadId)
    sendingOf('/larger').events.onDone()
    chosen('/larger', 'newer')
    assert.equal(sendings.length, 7, 'one that is done is sent again when it is chosen again')
  })

  it('hears no more of an upload that it has stopped', () => {
    const { queue, sendingOf, itemOf, done } = openQueue()
    queue.add(orders(1))
    queue.pause(itemOf('/f0'))
    sendingOf('/f0').events.onProgress(5)
    sendingOf('/f0').events.onDone()
    assert.deepEqual([itemOf('/f0').state, itemOf('/f0').sent, done.length], ['paused', 0, 0])
  })

  it('knows how fast it is and how much is left', () => {
    const { queue, sendingOf } = openQueue()
    queue.add([order('/a', 1000), order('/b', 500)])
    queue.measure(0)
    sendingOf('/a').events.onProgress(200)
    queue.measure(1000)
    const { bytes, sent, rate } = queue.totals()
    assert.deepEqual({ bytes, sent, rate }, { bytes: 1500, sent: 200, rate: 200 })
  })

  it('takes ten thousand files in its stride', () => {
    const { queue, sendings, changes } = openQueue()
    const before = performance.now()
    queue.add(orders(10_000))
    while (queue.isActive) {
      const open = sendings.filter(({ item }) => item.state === 'active').slice(-3)
      for (const { events } of open) events.onDone()
      if (sendings.length > 30) break
    }
    assert.ok(changes() < 100)
    assert.ok(performance.now() - before < 2000)
    assert.equal(queue.totals().count, 10_000)
  })
})
