import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import fastify from 'fastify'
import { errorAnswer } from './error-answer.ts'
import { answer } from './fault-answers.ts'
import { ExpensiveRequests } from './expensive-requests.ts'
import type { HttpApp } from './http-app.ts'

/** An app with one expensive route that is answered when it is told, by the user whom a header names. */
async function openApp() {
  const app: HttpApp = fastify()
  const waiting: (() => void)[] = []
  app.decorateRequest('admin', undefined)
  app.decorateRequest('webSession', undefined)
  app.addHook('onRequest', async (request) => {
    const username = request.headers['x-user']
    request.webSession = (username && { username }) as typeof request.webSession
  })
  new ExpensiveRequests(app)
  app.setErrorHandler((error, _request, reply) => answer(reply, errorAnswer(error)))
  app.get('/work', { config: { access: 'public', expense: 'backup' } }, async () => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return 'done'
  })
  app.get('/cheap', { config: { access: 'public' } }, () => 'cheap')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  return {
    ...{ app, port, waiting },
    ask: (user: string, path = '/work') =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'X-User': user, Connection: 'close' } }),
    async works(count: number) {
      while (waiting.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    [Symbol.asyncDispose]: async () => {
      for (const finish of waiting) finish()
      await app.close()
    },
  }
}

test('an account has so many expensive requests at once, and others have theirs', async () => {
  await using world = await openApp()
  const first = [world.ask('ann'), world.ask('ann')]
  await world.works(2)
  const refused = await world.ask('ann')
  assert.equal(refused.status, 429)
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  assert.equal(((await refused.json()) as { error: string }).error, 'too-many-attempts')
  assert.equal((await world.ask('ann', '/cheap')).status, 200)
  const second = [world.ask('bob'), world.ask('bob')]
  await world.works(4)
  assert.equal((await world.ask('eve')).status, 429)
  for (const finish of world.waiting.splice(0)) finish()
  for (const answer of await Promise.all([...first, ...second])) assert.equal(await answer.text(), 'done')
  const again = world.ask('ann')
  await world.works(1)
  for (const finish of world.waiting.splice(0)) finish()
  assert.equal((await again).status, 200)
})

test('who goes away makes no room before the work for them is done', async () => {
  await using world = await openApp()
  const request = 'GET /work HTTP/1.1\r\nHost: x\r\nX-User: ann\r\n\r\n'
  const sockets = [1, 2].map(() => connect(world.port, '127.0.0.1').on('error', () => {}))
  for (const socket of sockets) socket.write(request)
  await world.works(2)
  for (const socket of sockets) socket.resetAndDestroy()
  for (const socket of sockets) if (!socket.closed) await once(socket, 'close')
  assert.equal((await world.ask('ann')).status, 429)
  for (const finish of world.waiting.splice(0)) finish()
  let last = world.ask('ann')
  while (world.waiting.length === 0) {
    const early = await Promise.race([
      last,
      new Promise<undefined>((r) => setTimeout(() => r(undefined), 50)),
    ])
    if (early) last = world.ask('ann')
  }
  for (const finish of world.waiting.splice(0)) finish()
  assert.equal((await last).status, 200)
})
