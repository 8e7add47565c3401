import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chown, mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ContainerEngine } from './container-engine.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const base = 'localhost/node-base:test'
const image = 'localhost/sftpgo-plugin:test'

interface ReadyLine {
  readonly msg: 'ready'
  readonly addresses: {
    readonly sftp: unknown
    readonly ftp: unknown
    readonly http: unknown
    readonly metrics: unknown
  }
}

/** One container started as strictly as an operator may want it: read-only, no capabilities, little memory. */
async function startProduct(engine: ContainerEngine): Promise<void> {
  const volumes = { '/srv/sftpgo': 'storages', '/var/lib/sftpgo': 'data', '/certificates': 'certificates' }
  const options: string[] = []
  for (const [target, name] of Object.entries(volumes)) {
    const source = join(engine.scratch, name)
    await mkdir(source)
    await chown(source, 1000, 1000)
    options.push('--volume', `${source}:${target}`)
  }
  options.push('--network', 'none', '--read-only', '--read-only-tmpfs=false', '--no-healthcheck')
  options.push('--cap-drop', 'all', '--security-opt', 'no-new-privileges', '--memory', '256m')
  await engine.podman('run', '--detach', '--name', 'product', ...options, image)
}

/** What a script tells as JSON that the product's container runs; the image has Node and no other program. */
async function inProduct(engine: ContainerEngine, script: string, ...options: string[]): Promise<unknown> {
  const told = `console.log(JSON.stringify(await (async () => { ${script} })()))`
  const node = ['node', '--input-type=module', '--eval', `import fs from 'node:fs'; ${told}`]
  return JSON.parse(await engine.podman('exec', ...options, 'product', ...node))
}

async function waitUntilReady(engine: ContainerEngine): Promise<ReadyLine> {
  for (const deadline = Date.now() + 60_000; ; await delay(200)) {
    const log = await engine.podman('logs', 'product')
    const line = log.split('\n').find((candidate) => candidate.includes('"msg":"ready"'))
    if (line !== undefined) return JSON.parse(line) as ReadyLine
    const state = await engine.podman('inspect', '--format', '{{.State.Status}}', 'product')
    assert.equal(state, 'running', `the container ended before it was ready:\n${log}`)
    assert(Date.now() < deadline, `not ready after a minute:\n${log}`)
  }
}

suite('container', { timeout: 600_000 }, () => {
  const ends = new AsyncDisposableStack()
  let engine: ContainerEngine
  let ready: ReadyLine

  before(async () => {
    assert.equal(process.getuid?.(), 0, 'building an image needs root: run the tests with sudo')
    engine = ends.use(await ContainerEngine.start())
    const packaged = run('node', ['scripts/package.mjs', engine.scratch], { cwd: root })
    await Promise.all([engine.importBase(base), packaged])
    const context = join(engine.scratch, 'sftpgo/task')
    await engine.build(context, join(context, 'Dockerfile'), base, image)
    await startProduct(engine)
    ready = await waitUntilReady(engine)
  })
  after(async () => await ends.disposeAsync())

  test('the ready line tells where it listens', () => {
    assert.deepEqual(Object.keys(ready.addresses).sort(), ['ftp', 'http', 'metrics', 'sftp'])
    assert.match(JSON.stringify(ready.addresses.sftp), /2022/)
    assert.match(JSON.stringify(ready.addresses.http), /8080/)
  })

  test('runs as uid and gid 1000 and owns what it writes', async () => {
    const status = String(await inProduct(engine, "return fs.readFileSync('/proc/1/status', 'utf8')"))
    assert.match(status, /^Uid:\t1000\t1000\t1000\t1000$/m)
    assert.match(status, /^Gid:\t1000\t1000\t1000\t1000$/m)
    const written = await readdir(join(engine.scratch, 'data'))
    assert(written.includes('id_ed25519'), `no host key among ${written.join()}`)
    for (const name of written) assert.equal((await stat(join(engine.scratch, 'data', name))).uid, 1000, name)
  })

  test('the root file system is read-only and nothing lies outside the volumes', async () => {
    const script = `return ['/app', '/tmp', '/'].map((path) => {
      try { return fs.mkdtempSync(path + '/probe-') } catch ({ code }) { return code }
    })`
    assert.deepEqual(await inProduct(engine, script, '--user', '0'), ['EROFS', 'EROFS', 'EROFS'])
  })

  test('the health check of the image passes', async () => {
    const config = JSON.parse(await engine.podman('image', 'inspect', image)) as [
      { readonly HealthcheckConfig?: { Test: string[] }; readonly Healthcheck?: { Test: string[] } },
    ]
    const [kind, ...command] = (config[0].Healthcheck ?? config[0].HealthcheckConfig)?.Test ?? []
    assert.equal(kind, 'CMD')
    await engine.podman('exec', 'product', ...command)
    await assert.rejects(engine.podman('exec', '--env', 'HTTP_PORT=9', 'product', ...command))
  })

  test('an SSH server greets on the port of the manifest', async () => {
    const greet =
      "require('net').connect(2022,'127.0.0.1').once('data',d=>{console.log(String(d));process.exit()})"
    assert.match(await engine.podman('exec', 'product', 'node', '-e', greet), /^SSH-2\.0-/)
  })

  test('new volumes belong to the owner of the storages', async () => {
    const script =
      "for (const path of ['/srv/sftpgo','/var/lib/sftpgo']){const s=fs.statSync(path);console.log(s.uid,s.gid)}"
    const node = ['node', '--eval', script]
    const answer = await engine.podman('run', '--rm', '--network', 'none', '--no-healthcheck', image, ...node)
    assert.equal(answer, '1000 1000\n1000 1000')
  })

  test('hosts are found by name', async () => {
    const found = await inProduct(engine, "return (await import('node:dns/promises')).lookup('localhost')")
    assert.match(JSON.stringify(found), /"address":"(127\.0\.0\.1|::1)"/)
  })

  test('the image holds Node, the product, and neither shell, sources nor packages for development', async () => {
    const files = (await inProduct(
      engine,
      `return fs.globSync('/**', { exclude: (path) => /^\\/(proc|sys|dev)$/.test(path) })
        .filter((path) => fs.lstatSync(path).isFile())`,
    )) as string[]
    assert(files.includes('/app/build/main.js'))
    const programs = files.filter((path) => /\/s?bin\//.test(path))
    assert.deepEqual(programs, ['/usr/local/bin/node'])
    const packages = new Set(files.map((path) => /node_modules\/([^/]+)\//.exec(path)?.[1]))
    assert(packages.has('ssh2') && packages.size < 10, [...packages].join())
    assert.deepEqual(
      files.filter((path) => /\.tsx?$/.test(path)),
      [],
    )
  })

  test('what is compiled loads in the image', async () => {
    const script = `const require = (await import('node:module')).createRequire('/app/build/main.js')
      const isSshFast = require('ssh2/lib/protocol/crypto.js').bindingAvailable
      return [isSshFast, require('koffi').load(null).func('int getuid()')()]`
    assert.deepEqual(await inProduct(engine, script), [true, 1000])
  })

  test('the image stays below 160 MB, unpacked', async (t) => {
    const size = Number(await engine.podman('image', 'inspect', '--format', '{{.Size}}', image))
    t.diagnostic(`the image weighs ${(size / 1e6).toFixed(1)} MB`)
    assert(size > 100e6, `${size} bytes are less than Node`)
    assert(size < 160e6, `${size} bytes`)
  })

  test('stops on SIGTERM with exit code 0 and within the grace of the platform', async () => {
    const startedAt = Date.now()
    await engine.podman('kill', '--signal', 'TERM', 'product')
    assert.equal(await engine.podman('wait', 'product'), '0', await engine.podman('logs', 'product'))
    assert(Date.now() - startedAt < 10_000)
  })

  test('refuses a wrong setting in one line and exits', async () => {
    const start = engine.podman(
      'run',
      '--rm',
      '--network',
      'none',
      '--no-healthcheck',
      '--env',
      'SFTP_PORT=x',
      image,
    )
    await assert.rejects(start, (error: { stderr?: string; stdout?: string }) => {
      const lines = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim().split('\n')
      return lines.length === 1 && (lines[0] ?? '').includes('SFTP_PORT')
    })
  })
})

test('the Dockerfile has no error or warning', async () => {
  const { validate } = await import('dockerfile-utils')
  const problems = validate(await readFile(join(root, 'docker/Dockerfile'), 'utf8'))
  assert.deepEqual(problems, [])
})
