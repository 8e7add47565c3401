import assert from 'node:assert/strict'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ClientChannel } from 'ssh2'
import { connectSsh } from '../support/ssh-session.ts'
import { sftpPacket as packet } from '../support/ssh-wire.ts'
import { SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('an SFTP client', { concurrency: 1 }, () => {
  let world: SshWorld
  before(async () => {
    world = await SshWorld.open()
  })
  after(() => world[Symbol.asyncDispose]())

  test('that stops reading does not fill the memory', () =>
    world.othersGoOn(async () => {
      const { target, home, username } = await world.addUser()
      await writeFile(join(home, 'big'), '')
      await truncate(join(home, 'big'), 400_000_000)
      const before = await residentBytes(world.product.pid)
      const sessions = await Promise.all(Array.from({ length: 4 }, () => connectSsh(target)))
      for (const session of sessions) await askAndStopReading(await session.openSubsystem(), session.client)
      const peak = await peakOf(() => residentBytes(world.product.pid), 2_000)
      const { body } = await world.product.api('GET', '/connections')
      for (const one of body as { username: string; active_transfers: { size: number }[] }[])
        if (one.username === username) {
          const size = one.active_transfers[0]?.size ?? 0
          assert.ok(
            size > 500_000 && size < 30_000_000,
            `${size} bytes were read for a client that takes none`,
          )
        }
      for (const session of sessions) session.destroy()
      const grown = Math.round((peak - before) / 2 ** 20)
      assert.ok(grown < 64, `${grown} MiB more`)
    }))

  test('that asks beyond its window and never listens is cut off before it fills the memory', () =>
    world.othersGoOn(async () => {
      const { target, username } = await world.addUser()
      const before = await residentBytes(world.product.pid)
      using session = await connectSsh(target)
      const channel = await session.openSubsystem()
      channel.on('error', () => {})
      channel.write(packet(1, Buffer.from([0, 0, 0, 3])))
      stopReading(session.client)
      const { protocol, id } = insideOf(session.client, channel)
      // Each REALPATH is answered with more than twice its length.
      const path = Buffer.from('/long-name'.repeat(200))
      const head = Buffer.from([0, 0, 0, 1, 0, 0, path.length >> 8, path.length & 255])
      const requests = Buffer.concat(
        Array.from({ length: 15 }, () => packet(16, Buffer.concat([head, path]))),
      )
      for (let sent = 0; sent < 100_000_000; sent += requests.length) protocol.channelData(id, requests)
      const peak = await peakOf(() => residentBytes(world.product.pid), 1_500)
      await world.sessionsAre(username, 0)
      const grown = Math.round((peak - before) / 2 ** 20)
      // Kept, requests and answers would be 300 MiB; what comes after the end is only garbage for a moment.
      assert.ok(grown < 160, `${grown} MiB more`)
    }))
})

/** Asks for 400 MB with a window for all of it, and takes nothing. */
async function askAndStopReading(channel: ClientChannel, client: unknown): Promise<void> {
  channel.on('error', () => {})
  let received = Buffer.alloc(0)
  channel.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])))
  channel.write(packet(1, Buffer.from([0, 0, 0, 3])))
  const name = Buffer.from('/big')
  const open = Buffer.alloc(4 + 4 + name.length + 4 + 4)
  open.writeUInt32BE(1, 0)
  open.writeUInt32BE(name.length, 4)
  open.set(name, 8)
  open.writeUInt32BE(1, 8 + name.length)
  channel.write(packet(3, open))
  const handle = await waitUntil('a handle', () => {
    if (received.length < 4) return undefined
    const at = received.readUInt32BE(0) + 4
    if (received.length < at + 13 || received[at + 4] !== 102) return undefined
    const length = received.readUInt32BE(at + 9)
    return received.length >= at + 13 + length && Buffer.from(received.subarray(at + 9, at + 13 + length))
  })
  stopReading(client)
  const { protocol, id } = insideOf(client, channel)
  protocol.channelWindowAdjust(id, 1_000_000_000)
  const reads = Array.from({ length: 12_000 }, (_, index) => {
    const tail = Buffer.alloc(12)
    tail.writeBigUInt64BE(BigInt(index * 32_768))
    tail.writeUInt32BE(32_768, 8)
    return packet(5, Buffer.concat([Buffer.from([0, 0, 0, 9]), handle, tail]))
  })
  channel.write(Buffer.concat(reads))
}

function stopReading(client: unknown): void {
  ;(client as { _sock: { pause: () => void } })._sock.pause()
}

/** What a client of ours would never do goes past the public side of ssh2. */
function insideOf(client: unknown, channel: unknown) {
  interface Protocol {
    channelWindowAdjust(channel: number, bytes: number): void
    channelData(channel: number, bytes: Buffer): void
  }
  const { _protocol: protocol } = client as { _protocol: Protocol }
  const { outgoing } = channel as { outgoing: { id: number } }
  return { protocol, id: outgoing.id }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

async function peakOf(measure: () => Promise<number>, forMs: number): Promise<number> {
  const until = performance.now() + forMs
  let peak = 0
  while (performance.now() < until) {
    peak = Math.max(peak, await measure())
    await delay(50)
  }
  return peak
}
