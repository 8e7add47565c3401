import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Readiness, type ReadinessParts } from './readiness.ts'

const fine: ReadinessParts['checks'] = {
  database: () => true,
  storages: () => Promise.resolve(true),
  data: () => true,
  ...{ sftp: () => true, ftp: () => true, http: () => true },
}

test('a server whose parts all answer is ready', async () => {
  assert.deepEqual(await new Readiness({ checks: fine }).ask(), [])
})

test('a part that says no, throws or hangs is named, and the others are not', async () => {
  const readiness = new Readiness({
    checks: {
      ...fine,
      database: () => Promise.reject(new Error('a secret')),
      storages: () => new Promise(() => {}),
      ftp: () => false,
    },
    timeoutMs: 20,
  })
  assert.deepEqual(await readiness.ask(), ['database', 'storages', 'ftp'])
})

test('from the first moment of a stop the answer is no, also to who is waiting for one', async () => {
  const gate = Promise.withResolvers<boolean>()
  const readiness = new Readiness({ checks: { ...fine, database: () => gate.promise } })
  const asked = readiness.ask()
  readiness.stop()
  assert.deepEqual(await readiness.ask(), ['stopping'])
  gate.resolve(true)
  assert.deepEqual(await asked, ['stopping'])
})

test('many who ask at once cost one look, and a later one sees what has changed', async () => {
  let looks = 0
  let isAway = false
  const readiness = new Readiness({
    checks: { ...fine, database: () => (looks++, !isAway) },
    keepMs: 30,
  })
  await Promise.all(Array.from({ length: 50 }, () => readiness.ask()))
  assert.equal(looks, 1)
  isAway = true
  await new Promise((resolve) => setTimeout(resolve, 40))
  assert.deepEqual(await readiness.ask(), ['database'])
})
