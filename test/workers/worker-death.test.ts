import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connectSftp } from '../support/ssh-session.ts'
import { stagedIn } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import {
  isRunning,
  mebibyte,
  openWorkersWorld,
  sftpOnBoth,
  socketOf,
  workersOf,
  workerServing,
} from './workers-world.ts'

test('a worker that is killed takes its own sessions alone, leaves nothing, and is replaced', async () => {
  await using world = await openWorkersWorld()
  const user = await world.addUser({ quota_size: 20 * mebibyte, max_sessions: 2 })
  const [lost, other] = await sftpOnBoth(world, user)
  const [lostUpload, otherUpload] = [await lost.open('/lost', 'w'), await other.open('/other', 'w')]
  await lost.write(lostUpload, 0, Buffer.alloc(3 * mebibyte, 1))
  await other.write(otherUpload, 0, Buffer.alloc(mebibyte, 2))
  const appended = await lost.open('/changed', 'w')
  await lost.write(appended, 0, Buffer.alloc(1000))
  await lost.close(appended)
  const changed = await lost.open('/changed', 'r+')
  await lost.write(changed, 0, Buffer.alloc(5000))
  assert.equal((await stagedIn(user.home)).length, 2)

  const [killed, survivor] = [
    await workerServing(world.product, socketOf(lost)),
    await workerServing(world.product, socketOf(other)),
  ]
  process.kill(killed, 'SIGKILL')
  await lost.closed
  await world.sessionsAre(user.username, 1)
  await waitUntil(
    'the staged file of the dead one is gone',
    async () => (await stagedIn(user.home)).length === 1,
  )

  await other.write(otherUpload, mebibyte, Buffer.alloc(mebibyte, 3))
  await other.close(otherUpload)
  const stored = await readFile(join(user.home, 'other'))
  assert.ok(stored.equals(Buffer.concat([Buffer.alloc(mebibyte, 2), Buffer.alloc(mebibyte, 3)])))

  await waitUntil('a new worker', async () => (await workersOf(world.product)).length === 2)
  assert.ok((await workersOf(world.product)).includes(survivor))
  // Its place, its names and its part of the quota are free.
  using again = await connectSftp(user.target)
  await again.put('/lost', Buffer.alloc(17 * mebibyte))
  await world.quotaSettles(user)
  assert.deepEqual((await world.usedQuota(user.username)).files, 3)
  const closings = await waitUntil('the end of the lost session in the log', async () => {
    const search = { username: user.username, actions: ['session-closed'] }
    const { body } = await world.product.api('POST', '/events/search', search)
    const { records } = body as { records: { detail: string }[] }
    return records.length > 0 && records
  })
  assert.match(closings[0]?.detail ?? '', /process/)
  const port = /:(\d+)$/.exec(world.product.addresses.metrics)?.[1]
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  assert.match(metrics, /^sftpgo_worker_restarts_total 1$/m)
  other.destroy()
})

test('a lock and a data port that a killed worker had are free at once', async () => {
  await using world = await openWorkersWorld()
  const user = await world.addUser()
  const login = { username: user.username, password: `${user.username}-password`, home: user.home }
  const clients = [
    await FtpClient.signIn(world.product.ftpPort, login),
    await FtpClient.signIn(world.product.ftpPort, login),
  ]
  const [lost, other] = clients
  assert.ok(lost && other)
  const killed = await workerServing(world.product, lost.socket)
  assert.notEqual(await workerServing(world.product, other.socket), killed)
  await lost.passive()
  process.kill(killed, 'SIGKILL')
  await lost.closed()
  const began = performance.now()
  await other.store('STOR file', 'content')
  const waitedMs = performance.now() - began
  assert.ok(waitedMs < 5_000, `${waitedMs} ms`)
  assert.equal(await readFile(join(user.home, 'file'), 'utf8'), 'content')
  for (const client of clients) client[Symbol.dispose]()
})

test('workers that die again and again are replaced more slowly, and served from in the end', async () => {
  await using world = await openWorkersWorld()
  const user = await world.addUser()
  const seen = new Set(await workersOf(world.product))
  const startedMs: number[] = []
  for (let round = 0; round < 4; round++) {
    const [victim] = [...seen].filter(isRunning).slice(-1)
    assert.ok(victim)
    const began = performance.now()
    process.kill(victim, 'SIGKILL')
    const fresh = await waitUntil('the next worker', async () =>
      (await workersOf(world.product)).find((pid) => !seen.has(pid)),
    )
    startedMs.push(performance.now() - began)
    seen.add(fresh)
  }
  // At once, then after 250, 500 and 1000 ms.
  assert.ok((startedMs[3] ?? 0) > 900, startedMs.join(' '))
  await waitUntil('both serve', async () => {
    using one = await connectSftp(user.target)
    using other = await connectSftp(user.target)
    const pids = [
      await workerServing(world.product, socketOf(one)),
      await workerServing(world.product, socketOf(other)),
    ]
    return new Set(pids).size === 2
  })
})

test('SIGTERM lets a running transfer end and ends every process in good order', async () => {
  await using world = await openWorkersWorld()
  const user = await world.addUser()
  const [one, other] = await sftpOnBoth(world, user)
  const workers = await workersOf(world.product)
  const handle = await one.open('/f', 'w')
  await one.write(handle, 0, Buffer.from('first '))
  const ended = world.product.stop('SIGTERM')
  await other.closed
  await one.write(handle, 6, Buffer.from('second'))
  await one.close(handle)
  one.destroy()
  assert.equal(await ended, 0)
  assert.equal(await readFile(join(user.home, 'f'), 'utf8'), 'first second')
  assert.deepEqual(workers.filter(isRunning), [])
})

test('a terminal’s signal to all processes is left to the primary process', async () => {
  await using world = await openWorkersWorld()
  const user = await world.addUser()
  const [one] = await sftpOnBoth(world, user)
  const handle = await one.open('/f', 'w')
  await one.write(handle, 0, Buffer.from('content'))
  const workers = await workersOf(world.product)
  for (const pid of workers) process.kill(pid, 'SIGINT')
  const ended = world.product.stop('SIGINT')
  await one.close(handle)
  one.destroy()
  assert.equal(await ended, 0)
  assert.equal(await readFile(join(user.home, 'f'), 'utf8'), 'content')
  assert.deepEqual(workers.filter(isRunning), [])
})

test('workers do not outlive the primary process, and what they left is cleared by the next start', async () => {
  await using world = await openWorkersWorld()
  const user = await world.addUser()
  const [one] = await sftpOnBoth(world, user)
  await one.write(await one.open('/f', 'w'), 0, Buffer.alloc(100_000))
  const workers = await workersOf(world.product)
  assert.equal(workers.length, 2)
  await world.crashAndRestart()
  await waitUntil('the workers are gone', () => !workers.some(isRunning), 3_000)
  await waitUntil('the staged file is gone', async () => (await stagedIn(user.home)).length === 0)
  using again = await connectSftp(world.target(user.username))
  await again.put('/f', Buffer.alloc(10))
  await world.quotaSettles(user)
})

test('a worker that hangs is told of, ended and replaced in bounded time, and its places are free', async () => {
  await using world = await openWorkersWorld()
  const user = await world.addUser({ max_sessions: 2 })
  const [lost, other] = await sftpOnBoth(world, user)
  const lostUpload = await lost.open('/lost', 'w')
  await lost.write(lostUpload, 0, Buffer.alloc(100_000))
  const hung = await workerServing(world.product, socketOf(lost))
  const survivor = await workerServing(world.product, socketOf(other))
  const began = performance.now()
  process.kill(hung, 'SIGSTOP')
  const isTold = (line: string) => line.includes('worker process does not answer') && line.includes(`${hung}`)
  await waitUntil('the log tells of it', () => world.product.log.some(isTold), 30_000)
  await other.put('/meanwhile', Buffer.alloc(10))
  const metrics = async () => (await fetch(`http://${world.product.addresses.metrics}/metrics`)).text()
  assert.match(await metrics(), /^sftpgo_worker_silent_seconds\{process="worker-[12]"\} [5-9]/m)
  await waitUntil('it is ended', () => !isRunning(hung), 60_000)
  assert.ok(performance.now() - began < 60_000)
  await lost.closed
  await world.sessionsAre(user.username, 1)
  await waitUntil('a new worker', async () => (await workersOf(world.product)).length === 2)
  assert.ok((await workersOf(world.product)).includes(survivor))
  using again = await connectSftp(user.target)
  await again.put('/lost', Buffer.alloc(10))
  const sessionsIn = (text: string) =>
    [...text.matchAll(/^sftpgo_process_sessions\{process="worker-\d"\} (\d)$/gm)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    )
  // The new worker tells of itself within a second.
  await waitUntil('the numbers', async () => {
    const text = await metrics()
    const delays = [1, 2].every((number) =>
      new RegExp(`^sftpgo_event_loop_delay_seconds_count\\{process="worker-${number}"\\} \\d+$`, 'm').test(
        text,
      ),
    )
    return delays && /^sftpgo_worker_restarts_total 1$/m.test(text) && sessionsIn(text) === 2
  })
  assert.match(await metrics(), /^sftpgo_worker_hangs_total 1$/m)
  other.destroy()
})

test('the state of the server is told at once while a worker does not answer, with its memory as it was last told', async () => {
  await using world = await openWorkersWorld()
  const [hung = 0] = await workersOf(world.product)
  const status = async () => {
    const { status, body } = await world.product.api('GET', '/status')
    assert.equal(status, 200)
    return body as { process: { memory_bytes: number }; workers: { running: number } }
  }
  // Each process tells of itself within a second of its start.
  const samples = await waitUntil('all have told', async () => {
    const text = await (await fetch(`http://${world.product.addresses.metrics}/metrics`)).text()
    const found = [...text.matchAll(/^sftpgo_process_memory_bytes\{process="[^"]+"\} (\S+)$/gm)]
    return found.length === 3 && found.map(([, bytes]) => Number(bytes))
  })
  const known = samples.reduce((sum, bytes) => sum + bytes, 0)
  process.kill(hung, 'SIGSTOP')
  try {
    const began = performance.now()
    const told = await status()
    const waitedMs = performance.now() - began
    assert.ok(waitedMs < 2_000, `${waitedMs} ms`)
    // Without any one of them it would be about a third less.
    assert.ok(told.process.memory_bytes > 0.85 * known, `${told.process.memory_bytes} of ${known} bytes`)
    assert.equal(told.workers.running, 2)
  } finally {
    if (isRunning(hung)) process.kill(hung, 'SIGCONT')
  }
})

test('connections that were on their way to a worker that dies are served by another one, as are all after them', async () => {
  await using world = await openWorkersWorld()
  const user = await world.addUser()
  const login = { username: user.username, password: `${user.username}-password`, home: user.home }
  const bothWays = (count: number) =>
    Array.from({ length: count }, async (_, index) => {
      if (index % 2 === 0) return (await connectSftp(user.target)).destroy()
      ;(await FtpClient.signIn(world.product.ftpPort, login))[Symbol.dispose]()
    })
  await Promise.all(bothWays(4))
  const [killed] = await workersOf(world.product)
  assert.ok(killed)
  // It is given one connection of each port, and takes none.
  process.kill(killed, 'SIGSTOP')
  const underway = bothWays(8)
  await delay(500)
  process.kill(killed, 'SIGKILL')
  await Promise.all(underway)
  for (let round = 0; round < 3; round++) await Promise.all(bothWays(4))
  await world.sessionsAre(user.username, 0)
})

test('data connections that were on their way to a worker that dies are closed', async () => {
  await using world = await openWorkersWorld({ FTP_PASSIVE_PORTS: '0,0,0' })
  const user = await world.addUser()
  const login = { username: user.username, password: `${user.username}-password`, home: user.home }
  const signIn = () => FtpClient.signIn(world.product.ftpPort, login)
  const clients = await Promise.all(Array.from({ length: 8 }, signIn))
  const workers = await Promise.all(clients.map(({ socket }) => workerServing(world.product, socket)))
  const [killed] = workers
  assert.ok(killed)
  const lost = clients.filter((_, index) => workers[index] === killed).slice(0, 3)
  assert.equal(lost.length, 3)
  const armed: { client: FtpClient; port: number }[] = []
  for (const client of lost) armed.push({ client, port: await client.passive() })
  assert.equal(new Set(armed.map(({ port }) => port)).size, 3)
  process.kill(killed, 'SIGSTOP')
  const sockets = await Promise.all(armed.map(({ client, port }) => client.dataSocket(port)))
  await delay(500)
  process.kill(killed, 'SIGKILL')
  for (const hasEnded of await Promise.all(sockets.map(endOf))) assert.ok(hasEnded)
  for (const client of clients) client[Symbol.dispose]()
})

/** True when the other side has closed it, before long. */
async function endOf(socket: Socket): Promise<boolean> {
  socket.resume()
  return await Promise.race([
    new Promise<true>((resolve) => socket.on('end', () => resolve(true)).on('close', () => resolve(true))),
    delay(10_000, false as const, { ref: false }),
  ])
}
