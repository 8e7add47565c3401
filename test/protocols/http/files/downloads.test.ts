import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { EventOf, EventType, ServerEvent } from '../../../../src/core/events/events.ts'
import { runProgram } from '../../../support/run-program.ts'
import { waitUntil } from '../../../support/wait-until.ts'
import { fieldOf, openHttpWorld, type HttpWorld } from '../http-world.ts'
import { newBrowser, signInAs, type Browser } from './browser.ts'

async function linkTo(
  browser: Browser,
  paths: string[],
  archive?: boolean,
): Promise<Record<string, unknown>> {
  return browser.ask('POST', '/user/downloads', archive === undefined ? { paths } : { paths, archive }, 201)
}

/** Follows a link, which is relative to the base path. */
function follow(browser: Browser, link: unknown, init: RequestInit = {}): Promise<Response> {
  const url = String(fieldOf(link, 'url'))
  assert.match(url, /^api\/v2\/user\/downloads\/[\w-]{32}$/)
  return browser.fetch(url.replace('api/v2', ''), init)
}

function eventsOf<T extends EventType>(world: HttpWorld, type: T): EventOf<T>[] {
  const found: EventOf<T>[] = []
  world.events.onAny((event: ServerEvent) => {
    if (event.type === type) found.push(event as EventOf<T>)
  })
  return found
}

test('a file comes whole, as an attachment, with what a download manager needs', async () => {
  await using world = await openHttpWorld()
  const downloads = eventsOf(world, 'file-downloaded')
  const ann = await newBrowser(world, 'ann')
  const bytes = randomBytes(3_000_000)
  await writeFile(join(ann.home, 'a.html'), bytes)
  await utimes(join(ann.home, 'a.html'), 5, 1_000_000_000)
  const link = await linkTo(ann, ['/a.html'])
  assert.deepEqual([link['name'], link['size']], ['a.html', 3_000_000])
  const head = await follow(ann, link, { method: 'HEAD' })
  const answer = await follow(ann, link)
  assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes))
  for (const { status, headers } of [head, answer]) {
    assert.equal(status, 200)
    assert.equal(headers.get('content-type'), 'application/octet-stream')
    assert.match(headers.get('content-disposition') ?? '', /^attachment; filename="a.html"/)
    assert.equal(headers.get('content-length'), '3000000')
    assert.equal(headers.get('accept-ranges'), 'bytes')
    assert.equal(headers.get('last-modified'), 'Sun, 09 Sep 2001 01:46:40 GMT')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.match(headers.get('content-security-policy') ?? '', /sandbox/)
  }
  await waitUntil('the download is reported', () => downloads.length > 0)
  assert.deepEqual(
    downloads.map(({ path, bytes: moved }) => [path, moved]),
    [['/a.html', 3_000_000]],
  )
})

test('a HEAD for a part of a file is answered as one for the whole', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await writeFile(join(ann.home, 'a'), '0123456789')
  const link = String(fieldOf(await linkTo(ann, ['/a']), 'url')).replace('api/v2', '')
  const cookie = `Cookie: ${ann.headers['Cookie'] ?? ''}`
  for (const part of ['2-3', '20-30', '-0']) {
    const { stdout } = await runProgram('curl', ['-sI', '-r', part, '-H', cookie, `${ann.api}${link}`])
    assert.match(stdout, /^HTTP\/1.1 200 /, part)
    assert.match(stdout, /^content-length: 10\r$/im)
    assert.match(stdout, /^accept-ranges: bytes\r$/im)
    assert.doesNotMatch(stdout, /^content-range:/im)
  }
})

test('one range is answered with exactly its bytes', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await writeFile(join(ann.home, 'a'), '0123456789')
  const link = await linkTo(ann, ['/a'])
  const ask = async (range: string) => {
    const answer = await follow(ann, link, { headers: { Range: range } })
    return [answer.status, answer.headers.get('content-range'), await answer.text()]
  }
  assert.deepEqual(await ask('bytes=0-0'), [206, 'bytes 0-0/10', '0'])
  assert.deepEqual(await ask('bytes=3-'), [206, 'bytes 3-9/10', '3456789'])
  assert.deepEqual(await ask('bytes=8-99'), [206, 'bytes 8-9/10', '89'])
  assert.deepEqual(await ask('bytes=-3'), [206, 'bytes 7-9/10', '789'])
  assert.deepEqual(await ask('bytes=-99'), [206, 'bytes 0-9/10', '0123456789'])
  assert.deepEqual(await ask('bytes=10-'), [416, 'bytes */10', ''])
  assert.deepEqual(await ask('bytes=-0'), [416, 'bytes */10', ''])
  for (const whole of ['bytes=5-3', 'bytes=0-1,4-5', 'lines=1-2', 'bytes=x', 'bytes=-'])
    assert.deepEqual(await ask(whole), [200, null, '0123456789'], whole)
})

test('a file that changed between two ranges is sent whole', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await writeFile(join(ann.home, 'a'), 'old content')
  const link = await linkTo(ann, ['/a'])
  const first = await follow(ann, link, { headers: { Range: 'bytes=0-2' } })
  const etag = first.headers.get('etag') ?? ''
  const same = await follow(ann, link, { headers: { Range: 'bytes=3-', 'If-Range': etag } })
  assert.deepEqual([same.status, await same.text()], [206, ' content'])
  await writeFile(join(ann.home, 'a'), 'new content')
  // Not even a time that was set back makes it the same file.
  await utimes(join(ann.home, 'a'), 5, Date.parse(first.headers.get('last-modified') ?? '') / 1000)
  for (const condition of [etag, first.headers.get('last-modified') ?? '']) {
    const changed = await follow(ann, link, { headers: { Range: 'bytes=3-', 'If-Range': condition } })
    assert.deepEqual([changed.status, await changed.text()], [200, 'new content'])
  }
})

test('a download that is asked for on condition of the file as it was is refused when it is another', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await writeFile(join(ann.home, 'a'), 'content')
  await utimes(join(ann.home, 'a'), 5, 1_000_000_000.5)
  const link = await linkTo(ann, ['/a'])
  const etag = (await follow(ann, link, { method: 'HEAD' })).headers.get('etag') ?? ''
  const [same, before] = ['Sun, 09 Sep 2001 01:46:40 GMT', 'Sun, 09 Sep 2001 01:46:39 GMT']
  const ask = async (headers: Record<string, string>, method = 'GET') => {
    const answer = await follow(ann, link, { method, headers })
    return [answer.status, await answer.text()]
  }
  const whole = [200, 'content']
  const refused = [412, '']
  assert.deepEqual(await ask({ 'If-Match': etag }), whole)
  assert.deepEqual(await ask({ 'If-Match': '*' }), whole)
  assert.deepEqual(await ask({ 'If-Match': `"a,b", ${etag}` }), whole)
  assert.deepEqual(await ask({ 'If-Match': etag, Range: 'bytes=0-2' }), [206, 'con'])
  assert.deepEqual(await ask({ 'If-Match': '"another"' }), refused)
  assert.deepEqual(await ask({ 'If-Match': '"another"' }, 'HEAD'), refused)
  // A weak one says nothing about bytes (RFC 9110 §8.8.3.2).
  assert.deepEqual(await ask({ 'If-Match': `W/${etag}` }), refused)
  assert.deepEqual(await ask({ 'If-Match': '"another"', Range: 'bytes=99-' }), refused)
  assert.deepEqual(await ask({ 'If-Unmodified-Since': same }), whole)
  assert.deepEqual(await ask({ 'If-Unmodified-Since': before }), refused)
  for (const none of ['no date', '5']) assert.deepEqual(await ask({ 'If-Unmodified-Since': none }), whole)
  // Of both, the stronger one counts alone.
  assert.deepEqual(await ask({ 'If-Match': etag, 'If-Unmodified-Since': before }), whole)
  const zip = await linkTo(ann, ['/a'], true)
  assert.equal((await follow(ann, zip, { headers: { 'If-Match': etag } })).status, 412)
  assert.equal((await follow(ann, zip, { headers: { 'If-Unmodified-Since': before } })).status, 200)
})

test('names that could mislead a header or a reader are told in a form that cannot', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const expected = {
    'a "quoted" name.txt': ['a _quoted_ name.txt', 'a%20%22quoted%22%20name.txt'],
    'two\r\nX-Evil: 1': ['two__X-Evil: 1', 'two__X-Evil%3A%201'],
    'invoice\u202efdp.exe': ['invoice_fdp.exe', 'invoice_fdp.exe'],
    '<script>alert(1)<%2fscript>': [
      '<script>alert(1)<_2fscript>',
      '%3Cscript%3Ealert%281%29%3C%252fscript%3E',
    ],
    '..x': ['..x', '..x'],
    '😀 grüß.txt': ['__ gr__.txt', '%F0%9F%98%80%20gr%C3%BC%C3%9F.txt'],
    'back\\slash;a=b': ['back_slash;a=b', 'back_slash%3Ba%3Db'],
  }
  for (const [name, [ascii, encoded]] of Object.entries(expected)) {
    await writeFile(join(ann.home, name), name)
    const answer = await follow(ann, await linkTo(ann, [`/${name}`]))
    assert.equal(await answer.text(), name)
    assert.equal(
      answer.headers.get('content-disposition'),
      `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`,
    )
    assert.equal(answer.headers.get('x-evil'), null)
  }
})

test('a link is good for the browser that asked, and for nobody else', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await writeFile(join(ann.home, 'a'), 'mine')
  const link = await linkTo(ann, ['/a'])
  const others = [await signInAs(world, 'ann'), await newBrowser(world, 'bob')]
  for (const other of others) assert.equal((await follow(other, link)).status, 404)
  assert.equal((await world.call('GET', `/${String(link['url'])}`)).status, 401)
  assert.equal(await (await follow(ann, link)).text(), 'mine')
})

test('what cannot be downloaded is refused when the link is asked for, or followed', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann', { permissions: { '/': ['list'] } })
  await writeFile(join(ann.home, 'a'), 'x')
  assert.equal((await ann.call('POST', '/user/downloads', { paths: ['/gone'] })).status, 404)
  const answer = await follow(ann, await linkTo(ann, ['/a']))
  assert.equal(answer.status, 403)
  assert.equal(fieldOf(await answer.json(), 'error'), 'permission-denied')
})

test('a client that goes away in the middle has not downloaded the file', async () => {
  await using world = await openHttpWorld()
  const failed = eventsOf(world, 'download-failed')
  const ann = await newBrowser(world, 'ann')
  await writeFile(join(ann.home, 'big'), Buffer.alloc(60_000_000))
  const link = await linkTo(ann, ['/big'])
  await new Promise<void>((resolve, reject) => {
    const outgoing = request(`${world.url}/${String(link['url'])}`, { headers: ann.headers }, (response) => {
      response.once('data', () => {
        response.destroy()
        resolve()
      })
    })
    outgoing.once('error', reject).end()
  })
  await waitUntil('the download has failed', () => failed.length === 1)
  assert.equal(failed[0]?.code, 'aborted')
  assert.ok((failed[0]?.bytes ?? 0) < 60_000_000, 'the rest was not even read')
  assert.deepEqual(
    world.connections.list().flatMap(({ transfers }) => transfers),
    [],
  )
})

async function unzip(browser: Browser, link: unknown): Promise<{ directory: string; names: string[] }> {
  const answer = await follow(browser, link)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'application/zip')
  const archive = `${browser.home}-archive.zip`
  await writeFile(archive, Buffer.from(await answer.arrayBuffer()))
  const directory = `${browser.home}-unzipped-${randomBytes(4).toString('hex')}`
  await mkdir(directory)
  await runProgram('python3', ['-m', 'zipfile', '-t', archive])
  await runProgram('python3', ['-m', 'zipfile', '-e', archive, directory])
  const names = (await readdir(directory, { recursive: true })).sort()
  return { directory, names }
}

test('directories come as a ZIP with all they hold, also where nothing is in them', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await mkdir(join(ann.home, 'base/tree/deep'), { recursive: true })
  await mkdir(join(ann.home, 'base/tree/empty'))
  const big = randomBytes(2_500_000)
  await writeFile(join(ann.home, 'base/tree/deep/big'), big)
  await writeFile(join(ann.home, 'base/tree/none'), '')
  await writeFile(join(ann.home, 'base/single ü.txt'), 'single')
  await symlink('none', join(ann.home, 'base/tree/link'))
  const tree = await linkTo(ann, ['/base/tree'])
  assert.deepEqual([tree['name'], tree['size']], ['tree.zip', undefined])
  const one = await unzip(ann, tree)
  assert.deepEqual(one.names, ['tree', 'tree/deep', 'tree/deep/big', 'tree/empty', 'tree/link', 'tree/none'])
  assert.ok((await readFile(join(one.directory, 'tree/deep/big'))).equals(big))
  const both = await linkTo(ann, ['/base/tree/deep', '/base/single ü.txt'])
  assert.equal(both['name'], 'base.zip')
  assert.deepEqual((await unzip(ann, both)).names, ['single ü.txt', 'tree', 'tree/deep', 'tree/deep/big'])
  const twice = await linkTo(ann, ['/base/tree/deep', '/base/single ü.txt', '/base/tree/deep'])
  const listed = await follow(ann, twice)
  const bytes = Buffer.from(await listed.arrayBuffer()).toString('latin1')
  // Its header and its line in the directory.
  assert.equal(bytes.split('tree/deep/big').length - 1, 2)
  const single = await linkTo(ann, ['/base/single ü.txt'], true)
  assert.deepEqual((await unzip(ann, single)).names, ['single ü.txt'])
  const all = await linkTo(ann, ['/'])
  assert.equal(all['name'], 'files.zip')
  assert.ok((await unzip(ann, all)).names.includes('base/tree/empty'))
  const head = await follow(ann, both, { method: 'HEAD' })
  assert.equal(head.headers.get('content-type'), 'application/zip')
})

test('names in a ZIP lead nowhere out of it', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const names = ['C:evil', '..\\..\\up', '..x', 'a"b', 'new\nline', '😀', 'a_b', 'a\\b']
  await mkdir(join(ann.home, 'd'))
  for (const name of names) await writeFile(join(ann.home, 'd', name), name)
  const paths = names.map((name) => `/d/${name}`)
  const { directory, names: found } = await unzip(ann, await linkTo(ann, paths))
  assert.deepEqual(found, ['..x', '..＼..＼up', 'C：evil', 'a"b', 'a_b', 'a＼b', 'new␊line', '😀'].sort())
  assert.equal(await readFile(join(directory, '😀'), 'utf8'), '😀')
})

test('no two entries of a ZIP have one name', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const names = [
    'x\x7f.txt',
    'x\x80.txt',
    'x\ufffd.txt',
    'x\ufffd (2).txt',
    'a\\b',
    'a＼b',
    'a\tb',
    'a␉b',
    'C:f',
    'C：f',
  ]
  const paths = names.flatMap((name) => [`d/files/${name}`, `d/trees/${name}/same`])
  for (const path of paths) {
    await mkdir(join(ann.home, dirname(path)), { recursive: true })
    await writeFile(join(ann.home, path), path)
  }
  const all = paths.map((path) => `/${path}`)
  const files = all.filter((path) => path.startsWith('/d/files/'))
  for (const chosen of [['/d'], all, files, [...all, '/d', ...all]]) {
    const { directory, names: found } = await unzip(ann, await linkTo(ann, chosen))
    const places = found.map((name) => join(directory, name))
    const texts = await Promise.all(places.map((place) => readFile(place, 'utf8').catch(() => undefined)))
    const expected = chosen === files ? files.map((path) => path.slice(1)) : paths
    assert.deepEqual(texts.filter((text) => text !== undefined).sort(), expected.toSorted())
    // What needs no other name keeps its own.
    for (const [i, text] of texts.entries()) {
      const name = text?.split('/')[2] ?? ''
      if (/[＼␉：\ufffd]/.test(name)) assert.ok(found[i]?.split('/').includes(name), found[i])
    }
  }
})

test('what could not be put into a ZIP is told at its end', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann', {
    permissions: { '/': ['*'], '/tree/closed': ['list'], '/tree/shut': ['upload'] },
  })
  for (const name of ['closed', 'shut']) await mkdir(join(ann.home, 'tree', name), { recursive: true })
  await writeFile(join(ann.home, 'tree/closed/a'), 'x')
  await writeFile(join(ann.home, 'tree/not included.txt'), 'a file of the user')
  await writeFile(join(ann.home, 'tree/good'), 'good')
  await symlink('/etc/passwd', join(ann.home, 'tree/out'))
  await symlink('.', join(ann.home, 'tree/loop'))
  const paths = [
    '/tree/closed',
    '/tree/shut',
    '/tree/good',
    '/tree/not included.txt',
    '/tree/gone',
    '/tree/out',
    '/tree/loop',
  ]
  const { directory, names } = await unzip(ann, await linkTo(ann, paths))
  assert.deepEqual(names, ['good', 'not included 1.txt', 'not included.txt'])
  const told = await readFile(join(directory, 'not included 1.txt'), 'utf8')
  for (const path of ['/tree/closed/a', '/tree/shut', '/tree/gone', '/tree/out', '/tree/loop'])
    assert.match(told, new RegExp(`^${path}: .+`, 'm'))
  assert.doesNotMatch(told, /good/)
})

test('a large ZIP is made in little memory, as fast as the client takes it', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await mkdir(join(ann.home, 'd'))
  const piece = randomBytes(1_000_000)
  for (let i = 0; i < 100; i++) await writeFile(join(ann.home, 'd', `f${i}`), piece)
  const answer = await follow(ann, await linkTo(ann, ['/d']))
  const before = process.memoryUsage().rss
  let peak = 0
  let size = 0
  const hash = createHash('sha256')
  const reader = answer.body?.getReader()
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
    size += next.value.length
    hash.update(next.value)
    peak = Math.max(peak, process.memoryUsage().rss)
  }
  assert.ok(size > 100_000_000)
  assert.ok(peak - before < 80_000_000, `${peak - before} bytes more`)
})

test('a sign-out in the middle leaves no ZIP that looks whole', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await mkdir(join(ann.home, 'd'))
  for (let i = 0; i < 4; i++) await writeFile(join(ann.home, 'd', `f${i}`), randomBytes(20_000_000))
  const answer = await follow(ann, await linkTo(ann, ['/d']))
  await ann.call('DELETE', '/session/user')
  await assert.rejects(answer.arrayBuffer())
})

test('a client that goes away ends the making of a ZIP', async () => {
  await using world = await openHttpWorld()
  const failed = eventsOf(world, 'download-failed')
  const ann = await newBrowser(world, 'ann')
  await mkdir(join(ann.home, 'd'))
  for (let i = 0; i < 4; i++) await writeFile(join(ann.home, 'd', `f${i}`), randomBytes(20_000_000))
  const link = await linkTo(ann, ['/d'])
  const stop = new AbortController()
  const answer = await follow(ann, link, { signal: stop.signal })
  await answer.body?.getReader().read()
  stop.abort()
  await waitUntil('the file under way has failed', () => failed.length === 1)
  await waitUntil('nothing moves any more', () =>
    world.connections.list().every(({ transfers }) => transfers.length === 0),
  )
  assert.equal(failed.length, 1)
})

test('whether long answers get through is told by one that is no download', async () => {
  await using world = await openHttpWorld()
  const told = [...(['file-downloaded', 'download-failed'] as const).map((type) => eventsOf(world, type))]
  const ann = await newBrowser(world, 'ann')
  const whole = await (await ann.fetch('/user/long-answer')).arrayBuffer()
  assert.equal(whole.byteLength, 8 * 1024 * 1024 + 1)
  const left = await ann.fetch('/user/long-answer')
  await left.body?.cancel()
  assert.equal((await world.call('GET', '/api/v2/user/long-answer')).status, 401)
  assert.deepEqual(told, [[], []])
})
