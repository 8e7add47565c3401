import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastify from 'fastify'
import type { Admin } from '../../core/accounts/admin.ts'
import { guardRoutes } from './access.ts'
import type { HttpApp } from './http-app.ts'

const admin: Admin = {
  id: 1,
  username: 'ann',
  source: 'local',
  status: 'active',
  email: '',
  description: '',
  passwordHash: '',
  permissions: ['view_users'],
  createdAt: 0,
  updatedAt: 0,
  lastLogin: 0,
}

function guardedApp(authenticate = () => Promise.resolve(admin)): HttpApp {
  const app: HttpApp = fastify()
  app.decorateRequest('cookies', { getter: () => ({}) })
  guardRoutes(app, {
    adminSignIn: { authenticate },
    webSessions: { find: () => undefined },
  })
  return app
}

test('refuses at start a route that does not say who may use it', () => {
  const app = guardedApp()
  assert.throws(() => app.get('/forgotten', () => 'open'), /GET \/forgotten does not say who may use it/)
})

test('refuses a route that no permission opens', async () => {
  const app = guardedApp()
  app.get('/nobody', { config: { access: [] } }, () => 'open')
  app.get('/some', { config: { access: ['view_users'] } }, () => 'open')
  const headers = { authorization: 'Bearer token' }
  assert.notEqual((await app.inject({ url: '/nobody', headers })).body, 'open')
  assert.equal((await app.inject({ url: '/some', headers })).body, 'open')
})

test('refuses a request without a token before its body is read', async () => {
  const app = guardedApp()
  app.post('/some', { config: { access: 'any-admin' } }, () => 'open')
  const answer = await app.inject({
    method: 'POST',
    url: '/some',
    headers: { 'content-type': 'application/json' },
    payload: '{',
  })
  assert.equal(answer.statusCode, 500)
  assert.equal((answer.json() as { message: string }).message, 'Sign in first')
})

test('looks at the token once more when a body has come, and once where there is none', async () => {
  let asked = 0
  const app = guardedApp(() => {
    asked++
    return Promise.resolve(admin)
  })
  app.post('/some', { config: { access: 'any-admin' } }, () => 'open')
  const headers = { authorization: 'Bearer token', 'content-type': 'application/json' }
  for (const [payload, expected] of [
    [undefined, 1],
    ['', 1],
    ['{}', 2],
  ] as const) {
    asked = 0
    const answer = await app.inject({
      method: 'POST',
      url: '/some',
      headers,
      ...(payload !== undefined && { payload }),
    })
    assert.equal(asked, expected, `${payload}: ${answer.body}`)
  }
})
