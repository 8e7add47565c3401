import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basePath, openHttpWorld } from './http-world.ts'

interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly security?: readonly object[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: object
  readonly responses: Record<string, object>
}

interface Document {
  readonly openapi: string
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, object>; readonly securitySchemes: object }
}

const routes = [
  'DELETE /api/v2/admin/tokens/{id}',
  'DELETE /api/v2/admins/{username}',
  'DELETE /api/v2/connections/{connectionID}',
  'DELETE /api/v2/folders/{name}',
  'DELETE /api/v2/session/admin',
  'DELETE /api/v2/session/user',
  'DELETE /api/v2/user/connections/{id}',
  'DELETE /api/v2/user/jobs/{id}',
  'DELETE /api/v2/user/uploads/{id}',
  'DELETE /api/v2/users/{username}',
  'GET /api/v2/admin/2fa',
  'GET /api/v2/admin/2fa/recoverycodes',
  'GET /api/v2/admin/tokens',
  'GET /api/v2/admin/totp/configs',
  'GET /api/v2/admins',
  'GET /api/v2/admins/{username}',
  'GET /api/v2/backups',
  'GET /api/v2/backups/links/{id}',
  'GET /api/v2/connect',
  'GET /api/v2/connections',
  'GET /api/v2/events/exports/{id}',
  'GET /api/v2/folders',
  'GET /api/v2/folders/{name}',
  'GET /api/v2/live',
  'GET /api/v2/live/stream',
  'GET /api/v2/logout',
  'GET /api/v2/metrics',
  'GET /api/v2/openapi.json',
  'GET /api/v2/quotas/folders/scans',
  'GET /api/v2/quotas/users/scans',
  'GET /api/v2/session/admin',
  'GET /api/v2/session/user',
  'GET /api/v2/settings',
  'GET /api/v2/status',
  'GET /api/v2/storages',
  'GET /api/v2/token',
  'GET /api/v2/user/2fa',
  'GET /api/v2/user/2fa/recoverycodes',
  'GET /api/v2/user/connect',
  'GET /api/v2/user/connections',
  'GET /api/v2/user/downloads/{id}',
  'GET /api/v2/user/jobs',
  'GET /api/v2/user/long-answer',
  'GET /api/v2/user/profile',
  'GET /api/v2/user/totp/configs',
  'GET /api/v2/user/uploads',
  'GET /api/v2/users',
  'GET /api/v2/users/{username}',
  'GET /api/v2/version',
  'GET /healthz',
  'GET /readyz',
  'OPTIONS /api/v2/user/uploads',
  'PATCH /api/v2/user/uploads/{id}',
  'POST /api/v2/admin/2fa/recoverycodes',
  'POST /api/v2/admin/tokens',
  'POST /api/v2/admin/totp/generate',
  'POST /api/v2/admin/totp/save',
  'POST /api/v2/admin/totp/validate',
  'POST /api/v2/admins',
  'POST /api/v2/backups',
  'POST /api/v2/backups/links',
  'POST /api/v2/backups/plan',
  'POST /api/v2/backups/remove',
  'POST /api/v2/backups/restore',
  'POST /api/v2/events/exports',
  'POST /api/v2/events/search',
  'POST /api/v2/folders',
  'POST /api/v2/quotas/folders/{name}/scan',
  'POST /api/v2/quotas/users/{username}/scan',
  'POST /api/v2/session/admin',
  'POST /api/v2/session/user',
  'POST /api/v2/status/ports',
  'POST /api/v2/token',
  'POST /api/v2/user/2fa/recoverycodes',
  'POST /api/v2/user/dirs',
  'POST /api/v2/user/dirs/make',
  'POST /api/v2/user/downloads',
  'POST /api/v2/user/files/read',
  'POST /api/v2/user/files/rename',
  'POST /api/v2/user/files/stat',
  'POST /api/v2/user/files/text',
  'POST /api/v2/user/jobs',
  'POST /api/v2/user/password',
  'POST /api/v2/user/totp/generate',
  'POST /api/v2/user/totp/save',
  'POST /api/v2/user/totp/validate',
  'POST /api/v2/user/uploads',
  'POST /api/v2/user/uploads/{id}',
  'POST /api/v2/users',
  'PUT /api/v2/admin/changepwd',
  'PUT /api/v2/admins/{username}',
  'PUT /api/v2/admins/{username}/2fa/disable',
  'PUT /api/v2/folders/{name}',
  'PUT /api/v2/settings',
  'PUT /api/v2/user/keys',
  'PUT /api/v2/users/{username}',
  'PUT /api/v2/users/{username}/2fa/disable',
]

/** They start something, or take bytes that no schema describes. */
const bodyless = /\/scan$|\/status\/ports$|\/user\/uploads|\/2fa\/disable$/

async function readDocument(path: string): Promise<Document> {
  await using world = await openHttpWorld()
  const { status, body } = await world.call('GET', path)
  assert.equal(status, 200)
  return body as Document
}

function operationsOf({ paths }: Document): [string, Operation][] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  )
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) =>
    key === '$ref' ? [String(child)] : referencesIn(child),
  )
}

test('describes every route to everybody, with what it needs and answers', async () => {
  const document = await readDocument(`${basePath}api/v2/openapi.json`)
  assert.equal(document.openapi, '3.1.0')
  assert.deepEqual(document.servers, [{ url: '/' }, { url: basePath.slice(0, -1) }])
  const operations = operationsOf(document)
  assert.deepEqual(operations.map(([name]) => name).sort(), routes)
  const ids = operations.map(([, { operationId }]) => operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const [name, { summary, security, responses, parameters, requestBody }] of operations) {
    assert.ok(summary, name)
    assert.ok(security, name)
    assert.ok('default' in responses && Object.keys(responses).some((code) => code.startsWith('2')), name)
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    const described = (parameters ?? []).filter((parameter) => parameter.in === 'path')
    assert.deepEqual(
      described.map((parameter) => parameter.name),
      inPath,
      name,
    )
    const hasBody = /^(POST|PUT) /.test(name) && !bodyless.test(name)
    assert.equal(requestBody !== undefined, hasBody, name)
  }
  const open = operations.filter(([, { security }]) => security?.length === 0).map(([name]) => name)
  assert.deepEqual(open.sort(), [
    'DELETE /api/v2/session/admin',
    'DELETE /api/v2/session/user',
    'GET /api/v2/openapi.json',
    'GET /api/v2/session/admin',
    'GET /api/v2/session/user',
    'GET /healthz',
    'GET /readyz',
    'POST /api/v2/session/admin',
    'POST /api/v2/session/user',
    'POST /api/v2/token',
  ])
})

test('refers only to schemas that are there, and documents no secret in an answer', async () => {
  const document = await readDocument('/api/v2/openapi.json')
  const references = new Set(referencesIn(document))
  const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`)
  assert.deepEqual(
    [...references].filter((reference) => !known.includes(reference)),
    [],
  )
  assert.deepEqual(
    known.filter((schema) => !references.has(schema)),
    [],
  )
  assert.ok(references.has('#/components/schemas/User'))
  assert.doesNotMatch(JSON.stringify(document.components.schemas['User']), /"password/)
  assert.match(JSON.stringify(document.components.schemas['UserCreate']), /"password"/)
  assert.match(JSON.stringify(document.components.securitySchemes), /X-SFTPGO-TOKEN/)
})
