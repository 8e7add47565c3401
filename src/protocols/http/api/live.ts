import type { Readable } from 'node:stream'
import { Type } from 'typebox'
import {
  liveState,
  type EndedSession as EndedSessionResource,
  type LiveState,
} from '../../../contract/live.ts'
import { type Clock, systemClock } from '../../../core/clock.ts'
import type { ConnectionRegistry } from '../../../core/connections/connection-registry.ts'
import type { EndedSession, EndedSessions } from '../../../core/connections/ended-sessions.ts'
import type { TrafficMeter } from '../../../core/connections/traffic-meter.ts'
import type { HttpApp } from '../http-app.ts'
import { fromConnection } from './connections.ts'
import { LiveStreams, type LiveTiming } from './live-streams.ts'
import { type Authenticating, mayStill } from './long-answers.ts'

const tags = ['connections']
const access = ['view_conns'] as const
const maxConnections = 500

export interface LiveParts {
  readonly connections: ConnectionRegistry
  readonly endedSessions: EndedSessions
  readonly traffic: TrafficMeter
  readonly adminSignIn: Authenticating
  readonly clock?: Clock
  readonly timing?: LiveTiming | undefined
}

/** Who is connected and what moves, as one answer or as a stream of them. */
export function serveLive(app: HttpApp, parts: LiveParts): void {
  const { traffic, clock = systemClock, timing } = parts
  const state = () => readState(parts, clock())
  const streams = new LiveStreams({ state, traffic, clock, timing })
  app.addHook('preClose', async () => streams[Symbol.dispose]())

  app.get(
    '/live',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'get_live_state',
        summary: 'Show connections, sessions that ended, and traffic of the last five minutes',
        response: { 200: liveState },
      },
    },
    async () => state(),
  )

  app.get(
    '/live/stream',
    {
      config: { access },
      exposeHeadRoute: false,
      schema: {
        tags,
        operationId: 'get_live_stream',
        summary:
          'Watch the same as server-sent events of the type `state`, at most one a second, while it changes',
        produces: ['text/event-stream'],
        response: {
          200: Type.Unsafe<Readable>(Type.String({ description: 'Events whose data is a LiveState.' })),
        },
      },
    },
    async (request, reply) => {
      const stream = await streams.open(() => mayStill(request, parts.adminSignIn, 'view_conns'))
      return reply
        .type('text/event-stream; charset=utf-8')
        .headers({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no', Connection: 'close' })
        .send(stream)
    },
  )
}

async function readState(
  { connections, endedSessions, traffic }: LiveParts,
  now: number,
): Promise<LiveState> {
  const all = await connections.current()
  return {
    now,
    connections: all.slice(-maxConnections).map(fromConnection),
    connection_count: all.length,
    ended: endedSessions.list().map(fromEndedSession),
    traffic: [...traffic.samples],
  }
}

function fromEndedSession(ended: EndedSession): EndedSessionResource {
  return {
    connection_id: ended.connectionId,
    username: ended.username,
    protocol: ended.protocol,
    remote_address: ended.remoteAddress,
    ended_at: ended.endedAt,
    duration_ms: ended.durationMs,
    reason: ended.reason,
  }
}
