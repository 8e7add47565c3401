import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventBus } from '../events/event-bus.ts'
import { silentLog } from '../log.ts'
import { EndedSessions } from './ended-sessions.ts'

function actorOf(index: number) {
  return { connectionId: `FTP_${index}`, username: 'ann', protocol: 'FTP', remoteAddress: '::1' } as const
}

test('the hundred sessions that ended last are remembered, the newest first', () => {
  const events = new EventBus(silentLog)
  let now = 0
  using ended = new EndedSessions(events, () => ++now)
  for (let i = 1; i <= 130; i++)
    events.emit({ type: 'session-closed', actor: actorOf(i), durationMs: 5, reason: 'bye' })
  assert.equal(ended.list().length, 100)
  assert.deepEqual(ended.list()[0], { ...actorOf(130), endedAt: 130, durationMs: 5, reason: 'bye' })
  assert.equal(ended.list().at(-1)?.connectionId, 'FTP_31')
})
