import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LiveState } from '../../../../contract/live.ts'
import { waitUntil } from '../../../../../test/support/wait-until.ts'
import { LiveFeed, type LiveTiming, type LiveWay, type StreamEvents } from './live-feed.ts'

const quiet: LiveState = { now: 1, connections: [], connection_count: 0, ended: [], traffic: [] }

const busy = (at: number): LiveState => ({ ...quiet, now: at, traffic: [{ at, received: 5, sent: 0 }] })

/** A server whose stream the test plays, and whose answers it chooses. */
function openFeed(timing: Partial<LiveTiming> = {}) {
  const streams: StreamEvents[] = []
  const states: LiveState[] = []
  const ways: LiveWay[] = []
  let open = 0
  const server = { answer: quiet as LiveState | undefined }
  const feed = new LiveFeed({
    openStream: (events) => {
      streams.push(events)
      open++
      return { [Symbol.dispose]: () => void open-- }
    },
    poll: async () => {
      if (!server.answer) throw new Error('away')
      return server.answer
    },
    onState: (state) => states.push(state),
    onWay: (way) => ways.push(way),
    timing: { pollEvery: 5, silentAfter: 60_000, reopenAfter: 1, retryStreamAfter: 60_000, ...timing },
  })
  return {
    ...{ streams, states, ways, server },
    openStreams: () => open,
    [Symbol.dispose]: () => feed[Symbol.dispose](),
  }
}

describe('LiveFeed', () => {
  it('takes states from the stream', () => {
    using feed = openFeed()
    feed.streams[0]?.state(busy(2))
    assert.deepEqual(feed.states, [busy(2)])
    assert.deepEqual(feed.ways, ['stream'])
  })

  it('opens a stream that broke again', async () => {
    using feed = openFeed()
    feed.streams[0]?.state(quiet)
    feed.streams[0]?.failed()
    await waitUntil('a second stream', () => feed.streams.length === 2)
    feed.streams[1]?.state(busy(2))
    assert.deepEqual(feed.ways, ['stream', 'reconnecting', 'stream'])
    assert.equal(feed.openStreams(), 1)
  })

  it('asks again and again when the stream fails twice', async () => {
    using feed = openFeed()
    feed.streams[0]?.failed()
    await waitUntil('a second stream', () => feed.streams.length === 2)
    feed.streams[1]?.failed()
    await waitUntil('three answers', () => feed.states.length >= 3)
    assert.deepEqual(feed.ways, ['reconnecting', 'polling'])
    assert.equal(feed.openStreams(), 0)
  })

  it('tells that the server is away, and goes on when it is back', async () => {
    using feed = openFeed()
    feed.server.answer = undefined
    feed.streams[0]?.failed()
    await waitUntil('a second stream', () => feed.streams.length === 2)
    feed.streams[1]?.failed()
    feed.server.answer = quiet
    await waitUntil('polling', () => feed.ways.at(-1) === 'polling')
  })

  it('asks when a stream says nothing, not even at the beginning', async () => {
    using feed = openFeed({ silentAfter: 5 })
    await waitUntil('polling', () => feed.ways.at(-1) === 'polling')
    assert.equal(feed.openStreams(), 0)
  })

  it('gives up a stream that does not tell what happens', async () => {
    using feed = openFeed({ silentAfter: 5 })
    feed.streams[0]?.state(quiet)
    feed.server.answer = busy(9)
    await waitUntil('polling', () => feed.ways.at(-1) === 'polling')
    assert.deepEqual(feed.states.at(-1), busy(9))
  })

  it('keeps a stream that is silent because nothing happens', async () => {
    using feed = openFeed({ silentAfter: 5 })
    feed.streams[0]?.state(quiet)
    await waitUntil('three comparisons', () => feed.states.length >= 4)
    assert.deepEqual(feed.ways, ['stream'])
    assert.equal(feed.openStreams(), 1)
  })

  it('tries the stream again after a while of asking', async () => {
    using feed = openFeed({ retryStreamAfter: 20 })
    feed.streams[0]?.failed()
    await waitUntil('a second stream', () => feed.streams.length === 2)
    feed.streams[1]?.failed()
    await waitUntil('a third stream', () => feed.streams.length === 3)
    feed.streams[2]?.state(busy(7))
    assert.equal(feed.ways.at(-1), 'stream')
  })

  it('ends with its page', async () => {
    const feed = openFeed()
    feed.streams[0]?.failed()
    await waitUntil('a second stream', () => feed.streams.length === 2)
    feed[Symbol.dispose]()
    assert.equal(feed.openStreams(), 0)
    feed.streams[1]?.state(busy(2))
    assert.deepEqual(feed.states, [])
  })
})
