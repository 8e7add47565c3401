import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastify from 'fastify'
import { Type } from 'typebox'
import { lateSerializers, lateValidators } from './late-compilers.ts'

function newApp() {
  const app = fastify({ schemaController: lateSerializers })
  app.setValidatorCompiler(lateValidators)
  return app
}

test('answers are written and requests are checked by their schemas, each time', async () => {
  await using app = newApp()
  const schema = {
    body: Type.Object({ size: Type.Integer() }),
    response: { 200: Type.Object({ a: Type.String() }) },
  }
  app.post('/', { schema }, () => ({ a: 'told', secret: 'kept' }))
  for (const size of [1, 2]) {
    const good = await app.inject({ method: 'POST', url: '/', payload: { size } })
    assert.deepEqual(good.json(), { a: 'told' })
    const bad = await app.inject({ method: 'POST', url: '/', payload: { size: 'large' } })
    assert.equal(bad.statusCode, 400)
  }
})

test('a schema that cannot be compiled stops its own answers, not the start', async () => {
  await using app = newApp()
  const broken = { type: 'object', properties: { a: { $ref: '#/nowhere' } } }
  app.get('/broken', { schema: { response: { 200: broken } } }, () => ({ a: 1 }))
  app.get('/good', { schema: { response: { 200: Type.Object({ a: Type.Integer() }) } } }, () => ({ a: 1 }))
  await app.ready()
  assert.equal((await app.inject('/broken')).statusCode, 500)
  assert.equal((await app.inject('/good')).body, '{"a":1}')
})
