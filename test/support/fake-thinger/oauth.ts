import { ok, Refusal, type Answer, type Call, type Route } from './http.ts'
import type { FakeUser } from './options.ts'
import type { World } from './world.ts'

const failureWindowMs = 5 * 60_000
const maxFailures = 5

export const oauthRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/oauth\/token$/, handle: grantToken },
]

function grantToken(call: Call): Answer {
  const fields = readFields(call)
  if (fields.grant_type === 'password') return grantByPassword(call.world, fields)
  if (fields.grant_type === 'refresh_token') return grantByRefreshToken(call.world, fields)
  throw new Refusal(400, 'invalid request')
}

function readFields(call: Call): Record<string, string | undefined> {
  const type = call.request.headers['content-type'] ?? ''
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(call.body.toString()))
  }
  if (call.world.quirks.formOnly === true || !type.startsWith('application/json')) {
    throw new Refusal(415, 'unsupported media type')
  }
  try {
    return JSON.parse(call.body.toString()) as Record<string, string>
  } catch {
    throw new Refusal(400, 'invalid request')
  }
}

function grantByPassword(world: World, fields: Record<string, string | undefined>): Answer {
  const { username, password } = fields
  if (username === undefined || password === undefined) throw new Refusal(400, 'invalid request')
  const failures = recentFailures(world, username)
  if (failures.length >= maxFailures) throw new Refusal(429, 'too many login attempts')
  const user = world.findUser(username)
  if (user === undefined || user.password !== password || user.enabled === false) {
    world.loginFailures.set(username, [...failures, Date.now()])
    throw new Refusal(401, 'invalid username or password')
  }
  return answerForSecondFactor(user) ?? tokensFor(world, username)
}

function recentFailures(world: World, username: string): number[] {
  const since = Date.now() - failureWindowMs
  return (world.loginFailures.get(username) ?? []).filter((time) => time > since)
}

function answerForSecondFactor(user: FakeUser): Answer | undefined {
  switch (user.mfa ?? 'none') {
    case 'none':
      return undefined
    case 'error401':
      throw new Refusal(401, 'mfa required')
    case 'error403':
      throw new Refusal(403, 'second factor required')
    case 'body200':
      return ok({ mfa_required: true, mfa_token: 'opaque-challenge', methods: ['totp'] })
  }
}

function grantByRefreshToken(world: World, fields: Record<string, string | undefined>): Answer {
  const token = fields.refresh_token
  if (token === undefined) throw new Refusal(400, 'invalid request')
  const user = world.refreshTokens.get(token)
  const family = world.readToken(token)?.jti
  if (user === undefined || family === undefined) throw new Refusal(401, 'invalid refresh token')
  world.refreshTokens.delete(token)
  return tokensFor(world, user, family)
}

function tokensFor(world: World, user: string, family?: string): Answer {
  return ok({
    access_token: world.issueAccessToken(user),
    expires_in: 7200,
    refresh_token: world.issueRefreshToken(user, family),
    scope: null,
    token_type: 'bearer',
  })
}
