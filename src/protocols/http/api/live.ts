import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  liveState,
  type EndedSession as EndedSessionResource,
  type LiveState,
} from '../../../contract/live.ts'
import { adminMay } from '../../../core/accounts/admin.ts'
import type { AdminSignIn } from '../../../core/auth/admin-sign-in.ts'
import { type Clock, systemClock } from '../../../core/clock.ts'
import type { ConnectionRegistry } from '../../../core/connections/connection-registry.ts'
import type { EndedSession, EndedSessions } from '../../../core/connections/ended-sessions.ts'
import type { TrafficMeter } from '../../../core/connections/traffic-meter.ts'
import { hasCode } from '../../../core/errors.ts'
import { adminTokenOf } from '../access.ts'
import type { HttpApp } from '../http-app.ts'
import { fromConnection } from './connections.ts'
import { LiveStreams, type LiveTiming } from './live-streams.ts'

const tags = ['connections']
const access = ['view_conns'] as const
const maxConnections = 500

export interface LiveParts {
  readonly connections: ConnectionRegistry
  readonly endedSessions: EndedSessions
  readonly traffic: TrafficMeter
  readonly adminSignIn: Pick<AdminSignIn, 'authenticate'>
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
      const stream = await streams.open(() => mayWatch(request, parts.adminSignIn))
      return reply
        .type('text/event-stream; charset=utf-8')
        .headers({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no', Connection: 'close' })
        .send(stream)
    },
  )
}

/** True as well while nobody can tell, the database being away. */
async function mayWatch(request: FastifyRequest, adminSignIn: LiveParts['adminSignIn']): Promise<boolean> {
  try {
    return adminMay(await adminSignIn.authenticate(adminTokenOf(request)), 'view_conns')
  } catch (error) {
    return !hasCode(error, 'access-denied')
  }
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
