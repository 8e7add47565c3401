import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { waitUntil } from '../../support/wait-until.ts'
import { basePath, fieldOf, openHttpWorld, userBody } from './http-world.ts'

test('adds a user and answers it without any secret', async () => {
  await using world = await openHttpWorld()
  const body = userBody('ann', {
    password: 'a secret of ann',
    email: 'ann@example.org',
    quota_size: 2 ** 40,
    filters: {
      file_patterns: [{ path: '/in', denied_patterns: ['*.exe'], deny_policy: 1 }],
      denied_protocols: ['DAV', 'FTP'],
    },
  })
  const added = await world.signedIn('POST', '/users', body)
  assert.equal(added.status, 201)
  assert.equal(added.headers.get('location'), '/api/v2/users/ann')
  assert.equal(fieldOf(added.body, 'has_password'), true)
  assert.equal(fieldOf(added.body, 'status'), 1)
  assert.equal(fieldOf(added.body, 'home_dir'), join(world.root, 'data', 'ann'))
  assert.equal(fieldOf(added.body, 'quota_size'), 2 ** 40)
  assert.deepEqual(fieldOf(added.body, 'permissions'), { '/': ['*'] })
  assert.deepEqual(fieldOf(added.body, 'filters'), {
    denied_login_methods: [],
    denied_protocols: ['FTP'],
    file_patterns: [{ path: '/in', allowed_patterns: [], denied_patterns: ['*.exe'], deny_policy: 1 }],
    max_upload_file_size: 0,
    start_directory: '/',
    ftp_security: 0,
    totp_config: { enabled: false, config_name: '', protocols: [] },
    recovery_codes: [],
  })
  const read = await world.signedIn('GET', '/users/ann')
  const listed = await world.signedIn('GET', '/users')
  assert.deepEqual(read.body, added.body)
  assert.deepEqual(listed.body, [added.body])
  for (const answer of [added, read, listed]) {
    const text = JSON.stringify(answer.body)
    assert.doesNotMatch(text, /argon2|a secret of ann|"password/)
  }
})

test('refuses a name that is taken', async () => {
  await using world = await openHttpWorld()
  assert.equal((await world.signedIn('POST', '/users', userBody('ann'))).status, 201)
  const again = await world.signedIn('POST', '/users', userBody('ann'))
  assert.equal(again.status, 409)
  assert.equal(fieldOf(again.body, 'error'), 'already-exists')
})

test('answers 404 for users that are not there', async () => {
  await using world = await openHttpWorld()
  assert.equal((await world.signedIn('GET', '/users/nobody')).status, 404)
  assert.equal((await world.signedIn('PUT', '/users/nobody', userBody('nobody'))).status, 404)
  assert.equal((await world.signedIn('DELETE', '/users/nobody')).status, 404)
})

test('takes back what it answered', async () => {
  await using world = await openHttpWorld()
  await world.signedIn('POST', '/folders', { name: 'shared', mapped_path: join(world.root, 'shared') })
  const full = userBody('ann', {
    password: 'secret',
    status: 0,
    public_keys: ['', ' '],
    virtual_folders: [{ name: 'shared', virtual_path: '/shared', quota_size: -1, quota_files: -1 }],
    max_sessions: 3,
    expiration_date: 4_102_444_800_000,
    upload_bandwidth: 100,
    filters: {
      start_directory: '/shared',
      ftp_security: 2,
      denied_login_methods: ['password-over-SSH', 'TLSCertificate'],
    },
  })
  const added = await world.signedIn('POST', '/users', full)
  assert.equal(added.status, 201)
  assert.equal((await world.signedIn('PUT', '/users/ann', added.body)).status, 200)
  const { body } = await world.signedIn('GET', '/users/ann')
  const { updated_at: before, ...first } = added.body as { updated_at: number }
  const { updated_at: after, ...second } = body as { updated_at: number }
  assert.deepEqual(second, first)
  assert.ok(after >= before)
  assert.deepEqual(fieldOf(body, 'public_keys'), [])
})

test('an account ends in the year 9999 at the latest', async () => {
  await using world = await openHttpWorld()
  const ending = (at: number) => userBody('ann', { expiration_date: at })
  const latest = Date.UTC(10_000, 0) - 1
  assert.equal((await world.signedIn('POST', '/users', ending(latest))).status, 201)
  for (const at of [latest + 1, 8.64e15 + 1, Number.MAX_SAFE_INTEGER]) {
    const { status, body } = await world.signedIn('PUT', '/users/ann', ending(at))
    assert.deepEqual([status, fieldOf(body, 'field')], [400, 'expiration_date'])
    assert.match(String(fieldOf(body, 'message')), /expiration_date/)
  }
})

test('replaces everything but a password and a status that are left out', async () => {
  await using world = await openHttpWorld()
  const hash = async () => (await world.database.users.find('ann'))?.passwordHash
  await world.signedIn(
    'POST',
    '/users',
    userBody('ann', { password: 'one', status: 0, description: 'old', quota_files: 5 }),
  )
  const first = await hash()
  assert.match(first ?? '', /^\$argon2id\$/)

  assert.equal((await world.signedIn('PUT', '/users/ann', userBody('other name'))).status, 200)
  const { body } = await world.signedIn('GET', '/users/ann')
  assert.equal(fieldOf(body, 'description'), '')
  assert.equal(fieldOf(body, 'quota_files'), 0)
  assert.equal(fieldOf(body, 'status'), 0)
  assert.equal(await hash(), first)

  await world.signedIn('PUT', '/users/ann', userBody('ann', { password: null }))
  assert.equal(await hash(), first)
  await world.signedIn('PUT', '/users/ann', userBody('ann', { password: 'two', status: 1 }))
  assert.notEqual(await hash(), first)
  await world.signedIn('PUT', '/users/ann', userBody('ann', { password: '' }))
  assert.equal(await hash(), '')
  assert.equal(fieldOf((await world.signedIn('GET', '/users/ann')).body, 'has_password'), false)
})

test('refuses a change of a user that was changed since it was read', async () => {
  await using world = await openHttpWorld()
  const read = async () => (await world.signedIn('GET', '/users/ann')).body as Record<string, unknown>
  await world.signedIn('POST', '/users', userBody('ann'))
  const first = await read()
  const expected = { expected_updated_at: first['updated_at'] }
  await waitUntil('another millisecond', () => Date.now() > Number(first['updated_at']))
  await world.database.users.recordLogin('ann', 5)
  assert.equal((await world.signedIn('PUT', '/users/ann', { ...first, ...expected, status: 0 })).status, 200)
  const late = await world.signedIn('PUT', '/users/ann', { ...first, ...expected, description: 'late' })
  assert.deepEqual([late.status, fieldOf(late.body, 'error')], [409, 'busy'])
  assert.deepEqual([(await read())['status'], (await read())['description']], [0, ''])
  // What a script read once it may send back as often as it likes.
  for (const body of [userBody('ann'), first, { ...first, status: 0 }, { ...first, expected_updated_at: 0 }])
    assert.equal((await world.signedIn('PUT', '/users/ann', body)).status, 200)
})

test('disconnects a user that is removed, disabled or replaced with disconnect=1, and no other', async () => {
  await using world = await openHttpWorld()
  const connect = (username: string) =>
    world.connections.open(
      { username, protocol: 'SFTP', remoteAddress: '127.0.0.1', clientVersion: 'test' },
      0,
    )
  for (const name of ['ann', 'bob']) await world.signedIn('POST', '/users', userBody(name))
  const bob = connect('bob')
  const ann = [connect('ann'), connect('ann'), connect('ann')] as const
  await world.signedIn('PUT', '/users/ann', userBody('ann'))
  assert.equal(ann[0].signal.aborted, false)
  await world.signedIn('PUT', '/users/ann?disconnect=1', userBody('ann'))
  assert.equal(ann[0].signal.aborted, true)
  const next = connect('ann')
  await world.signedIn('PUT', '/users/ann', userBody('ann', { status: 0 }))
  assert.equal(next.signal.aborted, true)
  const last = connect('ann')
  assert.equal((await world.signedIn('DELETE', '/users/ann')).status, 200)
  assert.equal(last.signal.aborted, true)
  assert.equal(bob.signal.aborted, false)
  assert.equal((await world.signedIn('GET', '/users/ann')).status, 404)
})

test('names the field that is wrong', async () => {
  await using world = await openHttpWorld()
  const cases: [string, object][] = [
    ['username', { username: '' }],
    ['username', { username: 'a/b' }],
    ['username', { username: 7 }],
    ['permissions', { permissions: undefined }],
    ['permissions', { permissions: {} }],
    ['permissions', { permissions: { '/': ['fly'] } }],
    ['permissions', { permissions: { '/': '*' } }],
    ['permissions', { permissions: { '/': ['*'], 'a\nb': 5 } }],
    ['permissions', { permissions: { '/': ['*'], '/a/../b': ['list'] } }],
    ['quota_size', { quota_size: -1 }],
    ['quota_size', { quota_size: 1.5 }],
    ['quota_size', { quota_size: 1e30 }],
    ['quota_files', { quota_files: '5' }],
    ['status', { status: 2 }],
    ['email', { email: 'not an address' }],
    ['home_dir', { home_dir: '/etc' }],
    ['public_keys', { public_keys: ['not a key'] }],
    ['public_keys', { public_keys: 'ssh-ed25519' }],
    ['password', { password: 'x'.repeat(1025) }],
    ['virtual_folders', { virtual_folders: [{ name: 'missing', virtual_path: '/x' }] }],
    ['virtual_folders', { virtual_folders: [{ name: 'x' }] }],
    ['virtual_folders.virtual_path', { virtual_folders: [{ name: 'x', virtual_path: 'relative' }] }],
    ['filters.start_directory', { filters: { start_directory: 'relative' } }],
    ['filters.file_patterns.path', { filters: { file_patterns: [{ path: 'relative' }] } }],
    ['filters.denied_protocols', { filters: { denied_protocols: ['SSH', 'FTP', 'HTTP'] } }],
    ['filters.denied_protocols', { filters: { denied_protocols: ['GOPHER'] } }],
    ['filters', { filters: [] }],
  ]
  for (const [field, fields] of cases) {
    const { status, body } = await world.signedIn('POST', '/users', userBody('ann', fields))
    assert.equal(status, 400, JSON.stringify(fields))
    assert.equal(fieldOf(body, 'field'), field, JSON.stringify([fields, body]))
    assert.ok(String(fieldOf(body, 'message')).startsWith(field), JSON.stringify(body))
  }
  assert.deepEqual((await world.signedIn('GET', '/users')).body, [])
})

test('refuses fields that promise a protection it does not give, and ignores other unknown ones', async () => {
  await using world = await openHttpWorld()
  const refused: [string, object][] = [
    ['groups', { groups: [{ name: 'g', type: 1 }] }],
    ['role', { role: 'r' }],
    ['uid', { uid: 1000 }],
    ['gid', { gid: 1000 }],
    ['upload_data_transfer', { upload_data_transfer: 1 }],
    ['total_data_transfer', { total_data_transfer: 1 }],
    ['filesystem.provider', { filesystem: { provider: 1 } }],
    ['virtual_folders.subpath', { virtual_folders: [{ name: 'x', virtual_path: '/x', subpath: 'y' }] }],
    ['filters.allowed_ip', { filters: { allowed_ip: ['10.0.0.0/8'] } }],
    ['filters.denied_ip', { filters: { denied_ip: ['10.0.0.0/8'] } }],
    ['filters.two_factor_protocols', { filters: { two_factor_protocols: ['SSH'] } }],
    ['filters.is_anonymous', { filters: { is_anonymous: true } }],
    ['filters.tls_username', { filters: { tls_username: 'CommonName' } }],
    ['filters.access_time', { filters: { access_time: [{ day_of_week: 0, from: '08:00', to: '10:00' }] } }],
    ['filters.bandwidth_limits', { filters: { bandwidth_limits: [{ sources: ['10.0.0.0/8'] }] } }],
    ['filters.require_password_change', { filters: { require_password_change: true } }],
    ['filters.password_expiration', { filters: { password_expiration: 30 } }],
    ['filters.web_client', { filters: { web_client: ['write-disabled'] } }],
  ]
  for (const [field, fields] of refused) {
    const { status, body } = await world.signedIn('POST', '/users', userBody('ann', fields))
    assert.equal(status, 400, field)
    assert.equal(fieldOf(body, 'field'), field)
    assert.match(String(fieldOf(body, 'message')), /not supported by this version/)
  }
  const neutral = {
    groups: [],
    role: '',
    uid: 0,
    upload_data_transfer: 0,
    oidc_custom_fields: { any: 'thing' },
    unheard_of: [1, 2],
    filesystem: { provider: 0, osconfig: { read_buffer_size: 4 } },
    public_keys: null,
    email: null,
    filters: {
      allowed_ip: [],
      denied_ip: null,
      is_anonymous: false,
      tls_username: 'None',
      hooks: { check_password_disabled: false },
    },
  }
  assert.equal((await world.signedIn('POST', '/users', userBody('ann', neutral))).status, 201)
})

test('lists users by pages, in order, and by text', async () => {
  await using world = await openHttpWorld()
  for (const name of ['carl', 'ann', 'bob', 'dora'])
    await world.signedIn('POST', '/users', userBody(name, { description: `the one called ${name}` }))
  const names = async (query: string) => {
    const { status, body } = await world.signedIn('GET', `/users${query}`)
    return status === 200 && Array.isArray(body)
      ? body.map((user) => fieldOf(user, 'username')).join()
      : status
  }
  assert.equal(await names(''), 'ann,bob,carl,dora')
  assert.equal(await names('?order=DESC'), 'dora,carl,bob,ann')
  assert.equal(await names('?offset=1&limit=2'), 'bob,carl')
  assert.equal(await names('?limit=100000'), 'ann,bob,carl,dora')
  assert.equal(await names('?search=CALLED%20BOB'), 'bob')
  for (const query of ['?limit=x', '?limit=-1', '?offset=-1', '?offset=x', '?order=asc', '?offset=1e99'])
    assert.equal(await names(query), 400, query)
})

test('cuts a limit over 500 and takes 100 when none is given', async () => {
  await using world = await openHttpWorld()
  const count = async (query: string) =>
    ((await world.signedIn('GET', `/folders${query}`)).body as unknown[]).length
  for (let index = 0; index < 501; index++)
    await world.database.folders.add({ name: `f${index}`, mappedPath: world.root, description: '' })
  assert.equal(await count(''), 100)
  assert.equal(await count('?limit=501'), 500)
  assert.equal(await count('?limit=0'), 0)
})

test('shows what is used now, before the database knows', async () => {
  await using world = await openHttpWorld()
  await world.signedIn('POST', '/users', userBody('ann'))
  await world.ledger.add({ kind: 'user', name: 'ann' }, { size: 1234, files: 2 })
  const { body } = await world.signedIn('GET', '/users/ann')
  assert.equal(fieldOf(body, 'used_quota_size'), 1234)
  assert.equal(fieldOf(body, 'used_quota_files'), 2)
})

test('finds names of any script and length in the path', async () => {
  await using world = await openHttpWorld()
  for (const name of ['Ünï cödé', '日本'.repeat(40), 'a%b?c#d', '.a.b.']) {
    const added = await world.signedIn('POST', '/users', userBody(name))
    assert.equal(added.status, 201, name)
    const location = added.headers.get('location') ?? ''
    assert.equal(location, `/api/v2/users/${encodeURIComponent(name)}`)
    const { status, body } = await world.signedIn('GET', location.slice('/api/v2'.length))
    assert.equal(status, 200, name)
    assert.equal(fieldOf(body, 'username'), name)
  }
})

test('answers the Location of a new user below the base path when it was asked there', async () => {
  await using world = await openHttpWorld()
  const token = await world.addAdmin('path-admin', ['*'])
  const added = await world.call('POST', `${basePath}api/v2/users?authorization=x`, userBody('ann'), {
    'X-SFTPGO-TOKEN': token,
  })
  assert.equal(added.status, 201)
  assert.equal(added.headers.get('location'), `${basePath}api/v2/users/ann`)
})
