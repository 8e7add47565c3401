import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import fastify from 'fastify'
import { waitUntil } from '../../../test/support/wait-until.ts'
import { limitBodyTime } from './body-time-limit.ts'
import type { HttpApp } from './http-app.ts'

async function openApp(limitMs: number, cut: Socket[]): Promise<{ app: HttpApp; port: number }> {
  const app: HttpApp = fastify()
  limitBodyTime(app, limitMs, (socket) => {
    cut.push(socket)
    socket.destroy()
  })
  app.addHook('onRequest', async ({ headers }) => {
    if (headers['x-refuse'] !== undefined) throw new Error('refused')
  })
  app.post('/quick', { config: { access: 'public' } }, () => 'quick')
  app.post('/slow', { config: { access: 'public', isSlow: true } }, () => 'slow')
  app.get('/', { config: { access: 'public' } }, () => 'read')
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  return { app, port: typeof address === 'object' ? (address?.port ?? 0) : 0 }
}

function send(
  port: number,
  path: string,
  body: string,
  length: number,
  more = '',
): { answer: string; socket: Socket } {
  const socket = connect(port, '127.0.0.1')
  const sent = { answer: '', socket }
  socket.setEncoding('latin1').on('data', (text: string) => {
    sent.answer += text
  })
  const head = `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${length}${more}`
  socket.write(`${head}\r\n\r\n${body}`)
  return sent
}

test('a body that is not there in time is cut off, but not on a route that takes slow ones', async () => {
  const cut: Socket[] = []
  const { app, port } = await openApp(50, cut)
  await using _closing = { [Symbol.asyncDispose]: () => app.close() }
  const slow = send(port, '/slow', '"a', 4)
  const quick = send(port, '/quick', '"a', 4)
  const whole = send(port, '/quick', '"ab"', 4)
  await waitUntil('the quick one is cut off', () => cut.length === 1 && quick.socket.destroyed)
  slow.socket.write('b"')
  await waitUntil('the slow one is answered', () => slow.answer.endsWith('slow'))
  assert.ok(whole.answer.endsWith('quick'))
  assert.equal(cut.length, 1)
  for (const { socket } of [slow, whole]) socket.destroy()
})

test('a request that is refused before its body is read has no more time, whatever the route', async () => {
  const cut: Socket[] = []
  const { app, port } = await openApp(50, cut)
  await using _closing = { [Symbol.asyncDispose]: () => app.close() }
  const refused = send(port, '/slow', '"a', 4, '\r\nX-Refuse: 1')
  await waitUntil('it is answered', () => refused.answer.includes('refused'))
  await waitUntil('it is cut off', () => cut.length === 1 && refused.socket.destroyed)
})
