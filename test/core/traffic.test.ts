import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, CoreWorld, exclusive, get, put } from './core-fixture.ts'

test('bytes count as traffic while a file moves, in both directions and over all sessions', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('ann')
  const { files } = await world.openSession('ann')
  const upload = await files.openUpload(at('/f'), exclusive)
  await upload.write(0, [Buffer.alloc(30), Buffer.alloc(12)])
  assert.deepEqual(world.connections.traffic, { received: 42, sent: 0 })
  await upload.finish()
  const other = await world.openSession('ann')
  await get(other.files, '/f')
  await other.close('done')
  assert.deepEqual(world.connections.traffic, { received: 42, sent: 42 })
})

test('what stays on the server is no traffic: hashing a file, copying one', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('ann')
  await put(files, '/f', 'twelve bytes')
  const download = await files.openDownload(at('/f'), { isReported: false })
  await download.read(0, Buffer.alloc(100))
  await download.close()
  await files.copyFile(at('/f'), at('/g'), { replace: false })
  assert.deepEqual(world.connections.traffic, { received: 12, sent: 0 })
})

test('a transfer tells how long it waited for the limit of its user, and one without a limit tells nothing', async () => {
  await using world = await CoreWorld.open()
  for (const [username, limit] of [
    ['ann', 100],
    ['bob', 0],
  ] as const) {
    await world.addUser(username, { uploadBandwidth: limit, downloadBandwidth: limit })
    const { files } = await world.openSession(username)
    await put(files, '/f', 'x'.repeat(10 * 1024))
    await get(files, '/f')
  }
  const ended = [...world.eventsOf('file-uploaded'), ...world.eventsOf('file-downloaded')]
  for (const { actor, waitedMs } of ended)
    if (actor.username === 'bob') assert.equal(waitedMs, undefined)
    else assert.ok(waitedMs !== undefined && waitedMs >= 90, `${waitedMs} ms`)
  assert.equal(ended.length, 4)
})
