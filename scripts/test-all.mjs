// Everything that proves the product, from a bare clone: installs the Debian packages that tests drive the product
// with, runs the checks, then all tests. The last lines are the summary of Node's test runner.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run as runTests } from 'node:test'
import { spec } from 'node:test/reporters'

const root = resolve(import.meta.dirname, '..')
const compiler = ['g++', 'make', 'python3']
const clients = [
  ...[
    'busybox',
    'curl',
    'filezilla',
    'haproxy',
    'lftp',
    'ncftp',
    'openssh-client',
    'openssh-server',
    'putty-tools',
    'rclone',
    'sshfs',
  ],
  ...['python3', 'python3-paramiko', 'xdotool', 'xvfb'],
]
const browser = ['chromium-headless-shell', 'fonts-dejavu-core', 'unzip']
const services = ['postgresql']
const containers = ['buildah', 'podman', 'runc']
const observers = ['iproute2', 'procps', 'ssh-audit', 'sslscan', 'strace', 'testssl.sh', 'util-linux']

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  })
  if (error) throw error
  return status === 0
}

function isAddonBuilt() {
  try {
    return createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js').bindingAvailable === true
  } catch {
    return false
  }
}

function findMissing(packages) {
  const query = spawnSync(
    'dpkg-query',
    ['--show', '--showformat', '${Package} ${db:Status-Status}\n', ...packages],
    {
      encoding: 'utf8',
    },
  )
  if (query.error) throw new Error('the tests need Debian or a system like it (dpkg-query was not found)')
  const installed = new Set(query.stdout.split('\n').filter((line) => line.endsWith(' installed')))
  return packages.filter((name) => !installed.has(`${name} installed`))
}

function install(packages) {
  const args = ['install', '--yes', '--no-install-recommends', ...packages]
  if (process.getuid() !== 0)
    throw new Error(`the tests need Debian packages: sudo apt-get ${args.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const aptGet = (...rest) => run('apt-get', ['--quiet', ...rest], { env })
  if (!aptGet(...args) && !(aptGet('update') && aptGet(...args))) throw new Error('apt-get failed')
}

function prepare() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 24 || (major === 24 && minor < 15)) {
    throw new Error(
      `Node ${process.versions.node} runs this, not the project's own; start it with npm run test:all`,
    )
  }
  const addonWasBuilt = isAddonBuilt()
  const packages = new Set([...compiler, ...clients, ...browser, ...services, ...containers, ...observers])
  const missing = findMissing([...packages])
  if (missing.length > 0) install(missing)
  if (!addonWasBuilt && !run('node', ['scripts/postinstall.mjs']))
    throw new Error('scripts/postinstall.mjs failed')
}

/** One npm script; what it writes is shown when it has ended, so that two at a time do not mix. */
async function runScript(name) {
  const child = spawn('npm', ['run', '--silent', name], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  const [status] = await once(child, 'close')
  console.log(`${name}\n${output.trim()}`.trim())
  if (status !== 0) throw new Error(`${name} failed`)
}

/** Two lanes that take about as long; the build is there for the tests. */
async function checkAndBuild() {
  const lanes = [['check:lint'], ['check:types', 'check:format', 'check:boundaries', 'build']]
  const ends = await Promise.allSettled(
    lanes.map(async (names) => {
      for (const name of names) await runScript(name)
    }),
  )
  for (const { reason } of ends) if (reason) throw reason
}

/** Files that take longest begin first, so that none runs on alone at the end; unit tests fill in. */
const order = [
  ...['test/docker/', 'test/web/large-upload'],
  ...['test/clients/', 'test/faults/', 'test/security/', 'test/workers/', 'test/product/'],
  'test/',
]
/**
 * Pages keep more than a core busy, while the files after which they come wait for much of their time: for a clock, a
 * client, a process that was killed. So the pages are spread among them.
 */
const pages = 'test/web/'
const filesPerPage = 4

function testFiles() {
  const rank = (path) =>
    (order.findIndex((start) => path.startsWith(start)) + order.length + 1) % (order.length + 1)
  const files = globSync(['src/**/*.test.ts', 'bench/harness/*.test.ts', 'test/**/*.test.ts'], { cwd: root })
    .sort()
    .sort((one, other) => rank(one) - rank(other))
  const { page = [], other = [] } = Object.groupBy(files, (path) =>
    path.startsWith(pages) && rank(path) === order.length - 1 ? 'page' : 'other',
  )
  const mixed = other.flatMap((path, at) =>
    (at + 1) % filesPerPage > 0 ? [path] : [path, ...page.splice(0, 1)],
  )
  return [...mixed, ...page]
}

/** More at a time than a machine of two cores can work on: they wait for each other's programs much of the time. */
const concurrency = 4

/** Tests that start the product start what is shipped, not the sources. */
async function test() {
  const cache = mkdtempSync(join(tmpdir(), 'compile-cache-'))
  Object.assign(process.env, { PRODUCT_MAIN: join(root, 'build/main.js'), NODE_COMPILE_CACHE: cache })
  let isGood = true
  const tests = runTests({ cwd: root, files: testFiles(), concurrency, timeout: 600_000 })
  tests.on('test:fail', ({ todo, skip }) => {
    if (todo === undefined && skip === undefined) isGood = false
  })
  try {
    for await (const text of tests.compose(spec)) process.stdout.write(text)
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
  return isGood
}

try {
  prepare()
  await checkAndBuild()
  process.exitCode = (await test()) ? 0 : 1
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
