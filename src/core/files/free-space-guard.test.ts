import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FileServerError, hasCode } from '../errors.ts'
import { FreeSpaceGuard } from './free-space-guard.ts'
import type { Space, Storage } from './storage.ts'

/** A storage of which only the room matters. */
function storageWith(space: () => Promise<Partial<Space>>): Storage {
  return { space } as unknown as Storage
}

test('a storage below the kept part is full, and looked at once a second', async () => {
  let now = 0
  let availableBytes = 100
  let looks = 0
  const storage = storageWith(() => {
    looks++
    return Promise.resolve({ availableBytes })
  })
  const guard = new FreeSpaceGuard(50, () => now)
  await Promise.all([guard.check('a', storage), guard.check('a', storage)])
  availableBytes = 49
  await guard.check('a', storage)
  assert.equal(looks, 1)
  now = 1000
  await assert.rejects(guard.check('a', storage), (e) => hasCode(e, 'no-space'))
  availableBytes = 50
  await guard.check('b', storage)
  assert.equal(looks, 3)
})

test('a failed look is not remembered', async () => {
  const failure = new FileServerError('storage-failure', 'broken')
  let isBroken = true
  const storage = storageWith(() =>
    isBroken ? Promise.reject(failure) : Promise.resolve({ availableBytes: 100 }),
  )
  const guard = new FreeSpaceGuard(50, () => 0)
  await assert.rejects(guard.check('a', storage), (e) => hasCode(e, 'storage-failure'))
  isBroken = false
  await guard.check('a', storage)
})

test('without a kept part nobody looks', async () => {
  const storage = storageWith(() => assert.fail())
  await new FreeSpaceGuard(0).check('a', storage)
})
