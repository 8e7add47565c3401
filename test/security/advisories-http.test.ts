import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { globSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { readText, root } from '../repository/rendered-manifest.ts'
import { adminName, adminPassword } from '../support/product.ts'
import { type SshUser, SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'
import { jsonHeaders, signInBrowser } from './sessions.ts'

const markup = '<img src=x onerror=alert(1)>'

/** See advisories.test.ts. */
describe('advisories: web and API', { concurrency: 1 }, () => {
  let world: SshWorld
  before(async () => {
    world = await SshWorld.open()
  })
  after(() => world[Symbol.asyncDispose]())

  async function browserOf({ username }: SshUser) {
    const headers = await signInBrowser(world.product, username)
    return (method: string, path: string, body?: unknown) =>
      fetch(`${world.product.httpUrl}/api/v2${path}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : jsonHeaders) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
  }

  /** What is behind a link to a download of `paths`, asked for with the user's cookie. */
  async function download(user: SshUser, paths: string[]): Promise<(query?: string) => Promise<Response>> {
    const headers = await signInBrowser(world.product, user.username)
    const answer = await fetch(`${world.product.httpUrl}/api/v2/user/downloads`, {
      method: 'POST',
      headers: { ...headers, ...jsonHeaders },
      body: JSON.stringify({ paths }),
    })
    assert.equal(answer.status, 201, await answer.clone().text())
    const { url } = (await answer.json()) as { url: string }
    return (query = '') => fetch(`${world.product.httpUrl}/${url}${query}`, { headers })
  }

  test('CVE-2022-36071: nobody gets recovery codes for an account without a second factor', async () => {
    const ask = await browserOf(await world.addUser())
    assert.ok((await ask('POST', '/user/2fa/recoverycodes', {})).status >= 400)
    const listed = await ask('GET', '/user/2fa/recoverycodes')
    assert.ok(listed.status >= 400 || (await listed.text()) === '[]')
    assert.ok((await world.product.api('POST', '/admin/2fa/recoverycodes', {})).status >= 400)
  })

  for (const [id, what] of [
    ['CVE-2022-39220', 'file'],
    ['GHSA-f9qc-3v4f-32w3', 'directory'],
  ] as const)
    test(`${id}: the name of a ${what} is text, in answers and in pages`, async () => {
      const user = await world.addUser()
      const path = join(user.home, markup)
      await (what === 'file' ? writeFile(path, 'x') : mkdir(path))
      const answer = await (await browserOf(user))('POST', '/user/dirs', { path: '/' })
      assert.equal(answer.status, 200)
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
      assert.ok((await answer.text()).includes(markup))
      const page = await fetch(`${world.product.httpUrl}/web/client/login`)
      const policy = page.headers.get('content-security-policy') ?? ''
      assert.match(policy, /default-src 'self'/)
      assert.doesNotMatch(policy, /unsafe|data: .*script|\*/)
      for (const file of globSync('src/web/**/*.{ts,tsx}', { cwd: root }))
        assert.doesNotMatch(
          readText(file),
          /innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc/i,
          file,
        )
    })

  test('CVE-2024-37897: there is no way round the sign-in by a forgotten password', async () => {
    const { username } = await world.addUser({ expiration_date: 1000 })
    const call = (path: string, body: unknown) =>
      fetch(`${world.product.httpUrl}/api/v2${path}`, {
        method: 'POST',
        headers: jsonHeaders,
        body: JSON.stringify(body),
      })
    for (const kind of ['users', 'admins'])
      for (const action of ['forgot-password', 'reset-password'])
        assert.equal((await call(`/${kind}/${username}/${action}`, { code: '1', password: 'x' })).status, 404)
    assert.equal((await call('/session/user', { username, password: `${username}-password` })).status, 401)
  })

  test('CVE-2026-49244: an archive holds what lies below its directory, not what only begins with its name', async () => {
    const user = await world.addUser({ permissions: { '/': ['list'], '/in': ['*'] } })
    for (const name of ['in', 'in-secret']) {
      await mkdir(join(user.home, name))
      await writeFile(join(user.home, name, 'file'), `marker of ${name}`)
    }
    const archive = await (await (await download(user, ['/in']))()).text()
    assert.ok(archive.includes('in/file') && !archive.includes('secret'))
    const answer = await (await download(user, ['/in-secret']))()
    assert.ok(!(await answer.text().catch(() => '')).includes('in-secret/file'))
  })

  test('CVE-2026-49245: a page that a user stored is handed out as a file, never shown', async () => {
    const user = await world.addUser()
    for (const name of ['page.html', 'image.svg', 'script.js', 'page.xhtml'])
      await writeFile(join(user.home, name), '<script>alert(1)</script>')
    for (const name of await readdir(user.home)) {
      const get = await download(user, [`/${name}`])
      for (const query of ['', '?inline=1', '?disposition=inline']) {
        const { status, headers } = await get(query)
        if (query === '') assert.equal(status, 200)
        if (status !== 200) continue
        assert.match(headers.get('content-disposition') ?? '', /^attachment/, name)
        assert.equal(headers.get('x-content-type-options'), 'nosniff')
        assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'|sandbox/)
        assert.doesNotMatch(headers.get('content-type') ?? '', /html|svg|xml|javascript/, name)
      }
    }
  })

  test('2.7.3: names are seen as they are, and no cell of an export is a formula', async () => {
    for (const username of ['ann\u202egnp', 'ann\u200b', 'ann\ufeff', '\u2066ann', 'ann\u00ad'])
      assert.equal(
        (await world.product.api('POST', '/users', { username, permissions: { '/': ['*'] } })).status,
        400,
      )
    await world.product.addUser('=HYPERLINK("x")')
    const headers = await signInBrowser(world.product, adminName, { as: 'admin', password: adminPassword })
    const exported = async () => {
      const link = await fetch(`${world.product.httpUrl}/api/v2/events/exports`, {
        method: 'POST',
        headers: { ...headers, ...jsonHeaders },
        body: JSON.stringify({ format: 'csv' }),
      })
      const { url } = (await link.json()) as { url: string }
      return (await fetch(`${world.product.httpUrl}/${url}`, { headers })).text()
    }
    let csv = ''
    await waitUntil('the user in the export', async () => (csv = await exported()).includes('HYPERLINK'))
    assert.match(csv, /HYPERLINK/)
    assert.doesNotMatch(csv, /(^|,)"?[=+@]/m)
  })

  test('2.7.4: a request without the token of the page changes nothing', async () => {
    const user = await world.addUser()
    const { Cookie = '' } = await signInBrowser(world.product, user.username)
    for (const [method, path, body] of [
      ['POST', '/user/dirs/make', { path: '/made' }],
      [
        'POST',
        '/user/password',
        { current_password: `${user.username}-password`, new_password: 'a new one' },
      ],
      ['DELETE', '/session/user', undefined],
    ] as const) {
      const answer = await fetch(`${world.product.httpUrl}/api/v2${path}`, {
        method,
        headers: { Cookie, ...(body ? jsonHeaders : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      assert.equal(answer.status, 403, path)
    }
    assert.deepEqual(await readdir(user.home), [])
    await signInBrowser(world.product, user.username)
    const state = await fetch(`${world.product.httpUrl}/api/v2/session/user`, { headers: { Cookie } })
    assert.ok('session' in ((await state.json()) as object))
  })

  test('GHSA-5jhj-cjcp-jr8r: a link to files dies with the right of who made it', async () => {
    const user = await world.addUser()
    await writeFile(join(user.home, 'file'), 'marker')
    const get = await download(user, ['/file'])
    assert.equal(await (await get()).text(), 'marker')
    const unused = await download(user, ['/file'])
    const { body } = await world.product.api('GET', `/users/${user.username}`)
    await world.product.api('PUT', `/users/${user.username}`, { ...(body as object), status: 0 })
    for (const again of [get, unused]) {
      const answer = await again()
      assert.ok(answer.status >= 400, String(answer.status))
      assert.doesNotMatch(await answer.text(), /marker/)
    }
    assert.equal((await world.product.api('GET', '/shares')).status, 404)
  })

  test('2.5.5: what a user has opens nothing of an admin, whatever names stand beside it', async () => {
    const { username } = await world.addUser()
    const { Cookie = '', ...csrf } = await signInBrowser(world.product, username)
    const token = Cookie.slice(Cookie.indexOf('=') + 1)
    const credentials: Record<string, string>[] = [
      { Cookie, ...csrf },
      { Authorization: `Bearer ${token}` },
      { 'X-SFTPGO-TOKEN': token },
      { 'X-SFTPGO-API-KEY': `${token}.${adminName}` },
      { 'X-SFTPGO-TOKEN': `${token}.${adminName}` },
    ]
    for (const headers of credentials)
      for (const path of ['/users', '/admins', '/status', '/connections'])
        assert.equal((await fetch(`${world.product.httpUrl}/api/v2${path}`, { headers })).status, 401)
  })

  test('2.5.6: a restore tells nothing about files that are no backups', async () => {
    const answers = await Promise.all(
      ['../../../etc/passwd', '../../../etc/none', '/etc/passwd', 'none\0.json'].map((name) =>
        world.product.api('POST', '/backups/plan', { name, passphrase: '' }),
      ),
    )
    for (const answer of answers) assert.deepEqual(answer, answers[0])
    assert.equal(answers[0]?.status, 400)
    for (const path of ['/loaddata?input-file=/etc/passwd', '/dumpdata?output-file=x'])
      assert.equal((await world.product.api('GET', path)).status, 404)
  })

  test('2.5.6: every new password keeps the same rule', async () => {
    const ask = await browserOf(await world.addUser())
    const answer = await ask('POST', '/user/password', { current_password: 'x', new_password: 'short' })
    assert.equal(answer.status, 400)
    assert.equal((await world.product.api('POST', '/shares', { password: '1' })).status, 404)
    const weak = { username: 'weak', password: 'short', status: 1, permissions: ['*'] }
    assert.equal((await world.product.api('POST', '/admins', weak)).status, 400)
  })
})
