import { authenticate, authorize, notFound, ok, type Answer, type Call, type Route } from './http.ts'
import type { FakeUser } from './options.ts'

export const userRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/v1\/users\/([^/]+)$/, handle: readUser },
  { method: 'GET', path: /^\/v1\/users\/([^/]+)\/profile$/, handle: readProfile },
  { method: 'GET', path: /^\/v1\/server\/healthcheck$/, handle: () => ok({}) },
  { method: 'GET', path: /^\/v1\/server\/version$/, handle: readVersion },
]

function readUser(call: Call, name = ''): Answer {
  authorize(call, { owner: name, entity: 'User', resource: name, action: 'ReadUserConfig' })
  const user = existing(call, name)
  return ok({
    user: user.user,
    email: user.email ?? '',
    role: user.role ?? 'user',
    enabled: user.enabled ?? true,
    verified: user.verified ?? true,
    created: 1_666_915_324_140,
    modified: 1_666_915_324_140,
  })
}

function readProfile(call: Call, name = ''): Answer {
  authorize(call, { owner: name, entity: 'User', resource: name, action: 'ReadUserProfile' })
  const user = existing(call, name)
  return ok({ name: `Name of ${user.user}`, company: '', location: '', url: '' })
}

function readVersion(call: Call): Answer {
  authenticate(call)
  return ok({ version: '7.0.0', build_date: '2026-02-18', license: 'MEDIUM' })
}

function existing(call: Call, name: string): FakeUser {
  const user = call.world.findUser(name)
  if (user === undefined) throw notFound()
  return user
}
