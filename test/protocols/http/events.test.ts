import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { test } from 'node:test'
import papaparse from 'papaparse'
import type { AuditEntry } from '../../../src/core/events/audit-record.ts'
import { parseVirtualPath } from '../../../src/core/files/virtual-path.ts'
import { waitUntil } from '../../support/wait-until.ts'
import {
  adminName,
  basePath,
  fieldOf,
  openHttpWorld,
  userBody,
  type Answer,
  type HttpWorld,
} from './http-world.ts'

const actor = {
  connectionId: 'SFTP_1',
  username: 'ann',
  protocol: 'SFTP',
  remoteAddress: '10.1.2.3',
} as const

function entry(fields: Partial<AuditEntry>): AuditEntry {
  const none = { path: '/', target: '', bytes: 0, durationMs: 0, detail: '' }
  return { ...actor, ...none, at: 1_900_000_000_000, action: 'upload', ...fields }
}

/** An admin who may see what happened and nothing else. */
class Auditor {
  readonly headers: Record<string, string>
  readonly #world: HttpWorld

  constructor(world: HttpWorld, token: string) {
    this.#world = world
    this.headers = { Authorization: `Bearer ${token}` }
  }

  post(path: string, body: object): Promise<Answer> {
    return this.#world.call('POST', `/api/v2${path}`, body, this.headers)
  }

  get(path: string): Promise<Answer> {
    return this.#world.call('GET', path, undefined, this.headers)
  }

  async search(filter: object): Promise<Record<string, unknown>[]> {
    const { status, body } = await this.post('/events/search', filter)
    assert.equal(status, 200)
    return fieldOf(body, 'records') as Record<string, unknown>[]
  }

  /** Asks for an export and answers its address, relative to the base path. */
  async exportUrl(request: object): Promise<string> {
    const { status, body } = await this.post('/events/exports', request)
    assert.equal(status, 200)
    return String(fieldOf(body, 'url'))
  }
}

async function auditorOf(world: HttpWorld): Promise<Auditor> {
  return new Auditor(world, await world.addAdmin('auditor', ['view_events']))
}

test('shows what users and admins did, under their names', async () => {
  await using world = await openHttpWorld()
  const auditor = await auditorOf(world)
  await world.signedIn('POST', '/users', userBody('ann'))
  const path = parseVirtualPath('/in/a.txt')
  world.events.emit({ type: 'file-uploaded', actor, path, bytes: 5, fileSize: 5, durationMs: 9 })
  const [upload, added, signIn] = await waitUntil('the upload', async () => {
    const found = await auditor.search({})
    return found[0]?.['action'] === 'upload' && found
  })
  assert.deepEqual(upload, {
    id: upload?.['id'],
    at: upload?.['at'],
    action: 'upload',
    username: 'ann',
    protocol: 'SFTP',
    connection_id: 'SFTP_1',
    remote_address: '10.1.2.3',
    path: '/in/a.txt',
    target: '',
    bytes: 5,
    duration_ms: 9,
    detail: '',
  })
  assert.deepEqual(
    [added?.['action'], added?.['username'], added?.['protocol'], added?.['path'], added?.['detail']],
    ['account-changed', adminName, '', 'user ann', 'added'],
  )
  assert.deepEqual([signIn?.['action'], signIn?.['username']], ['admin-sign-in', adminName])
})

test('pages by id without a gap, and says whether there is more', async () => {
  await using world = await openHttpWorld()
  const auditor = await auditorOf(world)
  await world.database.audit.add(
    Array.from({ length: 5 }, (_, i) => entry({ path: `/${i}`, username: 'bob' })),
  )
  const seen: unknown[] = []
  for (let page: object = {}; ;) {
    const { body } = await auditor.post('/events/search', { username: 'bob', limit: 2, ...page })
    const records = fieldOf(body, 'records') as { path: string; id: number }[]
    seen.push(...records.map(({ path }) => path))
    if (fieldOf(body, 'has_more') === false) break
    page = { before_id: records.at(-1)?.id }
  }
  assert.deepEqual(seen, ['/4', '/3', '/2', '/1', '/0'])
})

test('takes every filter, and nothing empty for one', async () => {
  await using world = await openHttpWorld()
  const auditor = await auditorOf(world)
  await world.database.audit.add([
    entry({ username: 'bob', path: '/In/50%.csv', at: 1000 }),
    entry({ username: 'bob', action: 'delete', protocol: 'FTP', at: 2000 }),
    entry({ username: 'eve' }),
  ])
  const count = async (filter: object) => (await auditor.search({ username: 'bob', ...filter })).length
  const empty = { protocol: '', actions: [], path: '', from: 0, to: 0 }
  assert.equal(await count(empty), 2)
  assert.equal(await count({ path: 'in/50%' }), 1)
  assert.equal(await count({ actions: ['delete', 'mkdir'] }), 1)
  assert.equal(await count({ protocol: 'SFTP' }), 1)
  assert.equal(await count({ from: 1000, to: 2000 }), 1)
  assert.ok((await auditor.search({ username: '', limit: 500 })).length >= 3)
})

test('refuses filters that make no sense, naming the field', async () => {
  await using world = await openHttpWorld()
  const auditor = await auditorOf(world)
  const refusals: [object, string][] = [
    [{ limit: 501 }, 'limit'],
    [{ limit: 0 }, 'limit'],
    [{ before_id: 0 }, 'before_id'],
    [{ actions: ['fly'] }, 'actions'],
    [{ path: 'x'.repeat(5000) }, 'path'],
    [{ from: 5, to: 5 }, 'to'],
    [{ username: 7 }, 'username'],
  ]
  for (const [filter, field] of refusals) {
    const { status, body } = await auditor.post('/events/search', filter)
    assert.equal(status, 400, JSON.stringify(filter))
    assert.equal(fieldOf(body, 'field'), field)
  }
  assert.equal((await auditor.post('/events/exports', { format: 'xml' })).status, 400)
  assert.equal((await auditor.post('/events/exports', {})).status, 400)
})

test('exports CSV that programs read and spreadsheets do not run', async () => {
  await using world = await openHttpWorld()
  const auditor = await auditorOf(world)
  const paths = ['=cmd|x', '-1+1', '/a, "b"\nc', '/日本 👩‍👩‍👧', '@x']
  await world.database.audit.add(paths.map((path) => entry({ username: 'bob', path })))
  const url = await auditor.exportUrl({ username: 'bob', format: 'csv' })
  assert.match(url, /^api\/v2\/events\/exports\/[\w-]{32}$/)
  for (const below of ['/', basePath]) {
    const { status, headers, body } = await auditor.get(`${below}${url}`)
    assert.equal(status, 200)
    assert.match(headers.get('content-type') ?? '', /^text\/csv; charset=utf-8/)
    assert.match(
      headers.get('content-disposition') ?? '',
      /^attachment; filename="activity-\d{8}T\d{6}\.csv"$/,
    )
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    const { data, errors } = papaparse.parse<Record<string, string>>(String(body), {
      header: true,
      skipEmptyLines: true,
    })
    assert.deepEqual(errors, [])
    assert.deepEqual(
      data.map((row) => row['path']),
      ["'@x", '/日本 👩‍👩‍👧', '/a, "b"\nc', "'-1+1", "'=cmd|x"],
    )
    assert.equal(data[0]?.['at'], new Date(1_900_000_000_000).toISOString())
    assert.equal(data[0]?.['connection_id'], 'SFTP_1')
  }
})

test('exports JSON as one array, also of nothing', async () => {
  await using world = await openHttpWorld()
  const auditor = await auditorOf(world)
  const all = Array.from({ length: 1_203 }, (_, i) => entry({ username: 'bob', path: `/${i}` }))
  await world.database.audit.add(all)
  const read = async (filter: object) => {
    const url = await auditor.exportUrl({ ...filter, format: 'json' })
    const { headers, body } = await auditor.get(`/${url}`)
    assert.match(headers.get('content-disposition') ?? '', /\.json"$/)
    return (body as { path: string }[]).map(({ path }) => path)
  }
  assert.deepEqual(await read({ username: 'bob' }), all.map(({ path }) => path).toReversed())
  assert.deepEqual(await read({ username: 'nobody' }), [])
})

test('gives an export to the admin who asked for it alone', async () => {
  await using world = await openHttpWorld()
  const auditor = await auditorOf(world)
  const url = await auditor.exportUrl({ format: 'csv' })
  const other = await world.addAdmin('other', ['view_events'])
  const blind = await world.addAdmin('blind', ['view_users'])
  const as = async (token: string) =>
    (await world.call('GET', `/${url}`, undefined, { Authorization: `Bearer ${token}` })).status
  assert.equal(await as(other), 404)
  assert.equal(await as(blind), 403)
  assert.equal((await world.call('GET', `/${url}`)).status, 401)
  assert.equal((await auditor.get(`/${url}x`)).status, 404)
  assert.equal((await auditor.get(`/${url}`)).status, 200)
})

test('asks the database for no more of an export than the client takes', async () => {
  await using world = await openHttpWorld()
  const auditor = await auditorOf(world)
  const long = 'x'.repeat(3_900)
  for (let i = 0; i < 20; i++)
    await world.database.audit.add(Array.from({ length: 500 }, () => entry({ username: 'bob', path: long })))
  const url = await auditor.exportUrl({ username: 'bob', format: 'csv' })
  let pages = 0
  const { audit } = world.database
  const realSearch = audit.search.bind(audit)
  audit.search = (filter, page) => {
    pages++
    return realSearch(filter, page)
  }
  const [response] = (await once(get(`${world.url}/${url}`, { headers: auditor.headers }), 'response')) as [
    IncomingMessage,
  ]
  const settle = () => {
    let [seen, polls] = [0, 0]
    return waitUntil('no page is read any more', () => {
      polls = seen === pages ? polls + 1 : 0
      seen = pages
      return polls === 10
    })
  }
  await settle()
  assert.ok(pages < 20, `${pages} of 20 pages were read although nothing was taken`)
  response.destroy()
  await settle()
  assert.ok(pages < 20, 'nobody was there to read the rest for')
})
