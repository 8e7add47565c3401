import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  openTransferClient,
  type TransferClient,
  type TransferPlace,
  type TransferProtocol,
} from '../support/transfer-clients.ts'

/** Runs `work` for each index below `count`, `atOnce` of them at any time. */
export async function forEachIndex(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker))
}

/** Sessions of one user that stay open. */
export async function openSessions(
  place: TransferPlace,
  username: string,
  counts: Readonly<Partial<Record<TransferProtocol, number>>>,
): Promise<TransferClient[]> {
  const protocols = Object.entries(counts).flatMap(([protocol, count]) =>
    Array.from({ length: count }, () => protocol as TransferProtocol),
  )
  const clients: TransferClient[] = []
  await forEachIndex(protocols.length, 16, async (index) => {
    clients.push(await openTransferClient(protocols[index] ?? 'SFTP', place, username))
  })
  return clients
}

/** Puts, gets and compares files over a client until `isOver`; each name is the client's own. @returns transfers */
export async function transferUntil(
  client: TransferClient,
  name: string,
  isOver: () => boolean,
  bytes: number,
): Promise<number> {
  let transfers = 0
  while (!isOver()) {
    const content = randomBytes(Math.ceil(bytes * (0.2 + Math.random() * 0.8)))
    await client.put(`/${name}`, content)
    assert.ok(
      (await client.get(`/${name}`)).equals(content),
      `${name} over ${client.protocol} came back changed`,
    )
    transfers += 2
  }
  return transfers
}

export interface Logins {
  readonly count: number
  readonly failures: readonly string[]
  /** Milliseconds: half, 99 of a hundred, and all of them took no longer. */
  readonly p50: number
  readonly p99: number
  readonly longest: number
}

/** Signs in `perSecond` times a second whatever comes of it, over `protocols` in turn, and leaves at once. */
export async function signInOften(
  place: TransferPlace,
  username: string,
  {
    perSecond,
    seconds,
    protocols,
  }: { perSecond: number; seconds: number; protocols: readonly TransferProtocol[] },
): Promise<Logins> {
  const failures: string[] = []
  const times: number[] = []
  const begun = performance.now()
  const one = async (index: number) => {
    await delay(Math.max(0, (index / perSecond) * 1000 - (performance.now() - begun)))
    const startedAt = performance.now()
    const protocol = protocols[index % protocols.length] ?? 'SFTP'
    try {
      const client = await inTime(openTransferClient(protocol, place, username))
      times.push(performance.now() - startedAt)
      client[Symbol.dispose]()
    } catch (error) {
      failures.push(`${protocol}: ${String(error)}`)
    }
  }
  const count = Math.round(perSecond * seconds)
  await Promise.all(Array.from({ length: count }, (_, index) => one(index)))
  times.sort((a, b) => a - b)
  const at = (part: number) =>
    Math.round(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0)
  return { count, failures, p50: at(0.5), p99: at(0.99), longest: at(1) }
}

/** What never ends would look like a run that takes long. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const over = new AbortController()
  const tooLate = delay(60_000, undefined, { signal: over.signal }).then(() => {
    throw new Error('not within a minute')
  })
  try {
    return await Promise.race([work, tooLate])
  } finally {
    tooLate.catch(() => undefined)
    over.abort()
  }
}
