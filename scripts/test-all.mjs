// Everything that proves the product, from a bare clone: installs the Debian packages that tests drive the product
// with, runs the checks, then all tests. The last lines are the summary of Node's test runner.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const compiler = ['g++', 'make', 'python3']
const clients = [
  ...[
    'busybox',
    'curl',
    'filezilla',
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
const browser = ['chromium', 'fonts-dejavu-core', 'unzip']
const services = ['postgresql']
const containers = ['buildah', 'debootstrap', 'podman', 'runc']
const observers = ['procps', 'sslscan', 'strace', 'testssl.sh', 'util-linux']

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
  const packages = new Set([
    ...clients,
    ...browser,
    ...services,
    ...containers,
    ...observers,
    ...(addonWasBuilt ? [] : compiler),
  ])
  const missing = findMissing([...packages])
  if (missing.length > 0) install(missing)
  if (!addonWasBuilt && !run('node', ['scripts/postinstall.mjs']))
    throw new Error('scripts/postinstall.mjs failed')
}

function check() {
  for (const part of ['format', 'lint', 'types', 'boundaries']) {
    console.log(`check:${part}`)
    if (!run('npm', ['run', '--silent', `check:${part}`])) throw new Error(`check:${part} failed`)
  }
}

function build() {
  if (!run('npm', ['run', '--silent', 'build:web'])) throw new Error('build:web failed')
}

function test() {
  const files = ['src/**/*.test.ts', 'test/**/*.test.ts']
  return run('node', ['--test', '--test-concurrency=2', '--test-timeout=600000', ...files])
}

try {
  prepare()
  check()
  build()
  process.exitCode = test() ? 0 : 1
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
