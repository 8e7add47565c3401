import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { FileServerError } from '../../../../src/core/errors.ts'
import { OpenUploads, type UploadOrder } from '../../../../src/protocols/http/files/open-uploads.ts'
import { WebSession } from '../../../../src/protocols/http/web-sessions.ts'
import { at, CoreWorld, eventually, namesIn, rejects } from '../../../core/core-fixture.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function order(id: string, size: number): UploadOrder {
  return { id, path: at(`/${id}`), size, overwrite: false, modifiedAt: undefined, metadata: {} }
}

/** A request that has brought this body. */
function bringing(text: string): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  request.push(text)
  request.push(null)
  return request
}

async function webSessionOf(world: CoreWorld, username: string): Promise<WebSession> {
  await world.addUser(username)
  return new WebSession(await world.openSession(username, { protocol: 'HTTP' }), world.clock)
}

test('an upload holds its session until it is complete or cancelled', async () => {
  await using world = await CoreWorld.open()
  const ann = await webSessionOf(world, 'ann')
  const uploads = new OpenUploads()
  await uploads.open(ann, order('one', 3))
  await uploads.open(ann, order('other', 3))
  let isReleased = false
  ann.expire(() => {
    isReleased = true
  })
  await uploads.find('ann', 'one').receive(bringing('abc'))
  assert.equal(isReleased, false)
  await rejects('invalid-argument', uploads.find('ann', 'other').receive(bringing('abcd')))
  assert.equal(isReleased, true)
  assert.deepEqual(await namesIn(ann.session.files, '/'), ['one'])
})

test('an upload to which nothing comes is given up, and leaves nothing', async () => {
  await using world = await CoreWorld.open()
  const ann = await webSessionOf(world, 'ann')
  const uploads = new OpenUploads({ idleMs: 30 })
  await uploads.open(ann, order('a', 6))
  await uploads.find('ann', 'a').receive(bringing('abc'))
  await eventually(() => uploads.list('ann').length === 0)
  await eventually(() => !ann.isHeld)
  assert.throws(() => uploads.find('ann', 'a'), /No such upload/)
  assert.deepEqual(await namesIn(ann.session.files, '/'), [])
  assert.equal(world.eventsOf('upload-failed')[0]?.code, 'aborted')
})

test('a complete upload is remembered for ten minutes', async () => {
  await using world = await CoreWorld.open()
  const ann = await webSessionOf(world, 'ann')
  const uploads = new OpenUploads({ clock: world.clock })
  await uploads.open(ann, order('a', 0))
  assert.equal(uploads.find('ann', 'a').isComplete, true)
  world.turnClock(10 * 60_000 + 1000)
  assert.throws(() => uploads.find('ann', 'a'), /No such upload/)
})

test('a complete upload that is remembered keeps nothing of its session', async () => {
  await using world = await CoreWorld.open()
  const uploads = new OpenUploads({ clock: world.clock })
  const session = await (async () => {
    const ann = await webSessionOf(world, 'ann')
    await uploads.open(ann, order('a', 3))
    await uploads.find('ann', 'a').receive(bringing('abc'))
    return new WeakRef(ann)
  })()
  await eventually(() => {
    collectGarbage()
    return session.deref() === undefined
  })
  const kept = uploads.find('ann', 'a')
  assert.deepEqual([kept.offset, kept.isComplete], [3, true])
  // As a client that has not heard the answer sends the end again, gives it up, or goes wrong.
  assert.equal(await kept.receive(bringing('')), 3)
  await kept.abort(new FileServerError('aborted', 'cancelled'))
  await rejects('invalid-argument', kept.receive(bringing('more')))
  assert.equal(uploads.find('ann', 'a').isComplete, true)
})

test('uploads end with the session that holds their files', async () => {
  await using world = await CoreWorld.open()
  const ann = await webSessionOf(world, 'ann')
  const uploads = new OpenUploads()
  await uploads.open(ann, order('a', 6))
  await uploads.find('ann', 'a').receive(bringing('abc'))
  await ann.session.close('signed out')
  assert.deepEqual(uploads.list('ann'), [])
  await eventually(() => !ann.isHeld)
  assert.throws(() => uploads.find('ann', 'a'), /No such upload/)
})

test('two hundred uploads of a user are open at most, also when all begin at once', async () => {
  await using world = await CoreWorld.open()
  const ann = await webSessionOf(world, 'ann')
  const uploads = new OpenUploads()
  const begun = await Promise.allSettled(
    Array.from({ length: 250 }, (_, index) => uploads.open(ann, order(`f${index}`, 1))),
  )
  assert.equal(begun.filter(({ status }) => status === 'fulfilled').length, 200)
  assert.equal(uploads.list('ann').length, 200)
  await uploads.find('ann', 'f0').receive(bringing('x'))
  await uploads.open(ann, order('one-more', 1))
})

test('an upload can be asked about while it is made durable', async () => {
  await using world = await CoreWorld.open()
  const ann = await webSessionOf(world, 'ann')
  const uploads = new OpenUploads()
  await uploads.open(ann, order('a', 3))
  let isDone = false
  const receiving = uploads
    .find('ann', 'a')
    .receive(bringing('abc'))
    .finally(() => {
      isDone = true
    })
  for (; !isDone; await nextTurn()) {
    uploads.list('ann')
    uploads.find('ann', 'a')
  }
  await receiving
  assert.equal(uploads.find('ann', 'a').isComplete, true)
})
