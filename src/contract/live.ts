import { Type, type Static } from 'typebox'
import { connection } from './connection.ts'
import { amount, timestamp } from './values.ts'

export const endedSession = Type.Object(
  {
    connection_id: Type.String(),
    username: Type.String(),
    protocol: Type.String(),
    remote_address: Type.String(),
    ended_at: timestamp('When it ended'),
    duration_ms: amount('Milliseconds.'),
    reason: Type.String(),
  },
  { title: 'EndedSession' },
)
export type EndedSession = Static<typeof endedSession>

export const trafficSample = Type.Object(
  {
    at: timestamp('Second that the sample covers, its end'),
    received: amount('Bytes uploaded in that second.'),
    sent: amount('Bytes downloaded in that second.'),
  },
  { title: 'TrafficSample' },
)
export type TrafficSample = Static<typeof trafficSample>

/** Everything the live page shows; sent whole, about once a second. */
export const liveState = Type.Object(
  {
    now: timestamp('Of the server'),
    connections: Type.Array(connection, { description: 'The newest 500 at most.' }),
    connection_count: amount('All of them.'),
    ended: Type.Array(endedSession, { description: 'The newest first, a hundred at most.' }),
    traffic: Type.Array(trafficSample, { description: 'Oldest first, five minutes at most.' }),
  },
  { title: 'LiveState' },
)
export type LiveState = Static<typeof liveState>
