import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeThinger } from '../support/fake-thinger/fake-thinger.ts'
import { adminPassword, sourceMain, startProduct } from '../support/product.ts'
import { runProgram } from '../support/run-program.ts'
import { waitUntil } from '../support/wait-until.ts'

test('the ready line tells every port, and each answers', async () => {
  await using product = await startProduct()
  const { sftp, ftp, http, metrics } = product.addresses
  for (const address of [sftp, ...ftp, http, metrics]) assert.match(address, /^127\.0\.0\.1:[1-9]\d+$/)
  assert.equal(product.passivePorts.length, 1)
  assert.equal(await (await fetch(`${product.httpUrl}/healthz`)).text(), 'ok')
  const text = await (await fetch(`http://${metrics}/metrics`)).text()
  assert.match(text, /^sftpgo_active_connections 0$/m)
  assert.match(text, /^sftpgo_certificate_expiry_timestamp_seconds\{host="localhost"\} \d+$/m)
  assert.equal(await product.stop(), 0)
})

test('the sources start by themselves, in one process and in several', async () => {
  for (const env of [{}, { WORKERS: '2' }]) {
    await using product = await startProduct({ main: sourceMain, env })
    assert.equal(await (await fetch(`${product.httpUrl}/healthz`)).text(), 'ok')
    assert.equal(await product.stop(), 0)
  }
})

test('a wrong setting ends the start with a line of the log that names it and the fix', async () => {
  const { exitCode, stderr, stdout } = await runProgram(process.execPath, [sourceMain], {
    env: { SFTP_PORT: 'many', DATABASE_URL: 'mysql://x' },
  })
  assert.equal(exitCode, 1)
  assert.equal(stderr, '')
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: number; msg: string; setting: string; problem: string })
  assert.deepEqual(lines.map(({ setting }) => setting).sort(), ['DATABASE_URL', 'SFTP_PORT'])
  for (const { level, msg, problem } of lines) {
    assert.deepEqual([level, msg], [50, 'setting refused'])
    assert.match(problem, /; give/)
  }
})

test('a setting to look at is told in a field of a line whose msg is always the same', async () => {
  await using product = await startProduct({ env: { SFTPGO_FOO: 'x', SFTPGO_BAR: 'y' } })
  const lines = product.log.map((line) => JSON.parse(line) as { msg: string; warning?: string })
  assert.deepEqual(
    lines.filter(({ warning }) => warning !== undefined).map(({ msg, warning }) => [msg, warning]),
    [['setting to look at', 'SFTPGO_BAR, SFTPGO_FOO: not a setting of this product, ignored']],
  )
})

test('users and passwords that were tried appear nowhere in the log', async () => {
  await using product = await startProduct()
  await product.addUser('bob', { password: 'bob-secret-7731' })
  const url = (password: string) => [
    '-sS',
    '-k',
    '-u',
    `bob:${password}`,
    `sftp://127.0.0.1:${product.sftpPort}/`,
  ]
  await runProgram('curl', url('bob-secret-7731'))
  await runProgram('curl', url('wrong-secret-5519'))
  await runProgram('curl', ['-sS', '-u', 'bob:wrong-secret-5519', `ftp://127.0.0.1:${product.ftpPort}/`])
  await waitUntil(
    'the refusals in the log',
    () => product.log.filter((line) => line.includes('sign-in refused')).length >= 2,
  )
  const log = product.log.join('\n')
  for (const secret of ['bob-secret-7731', 'wrong-secret-5519', adminPassword])
    assert.ok(!log.includes(secret), secret)
})

test('an owner signs in with the Thinger.io account, and files are served while the platform is down', async () => {
  await using platform = await startFakeThinger({
    users: [{ user: 'alice', password: 'S3cret!pass', role: 'user' }],
    plugin: { user: 'alice', plugin: 'sftpgo', target: 'http://127.0.0.1:9' },
  })
  await using product = await startProduct({
    env: {
      THINGER_HOST: 'localhost',
      THINGER_USER: 'alice',
      THINGER_PLUGIN: 'sftpgo',
      THINGER_TOKEN_SFTPGO_PLUGIN: platform.pluginToken,
      THINGER_API_URL: platform.url,
    },
  })
  const signIn = (password: string) =>
    fetch(`${product.httpUrl}/users/alice/plugins/sftpgo/api/v2/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'alice', password }),
    })
  assert.equal((await signIn('S3cret!pass')).status, 200)
  assert.equal((await signIn('another')).status, 401)
  await product.addUser('bob')
  platform.setDown(true)
  assert.equal((await signIn('S3cret!pass')).status, 503)
  const list = ['-sS', '-k', '-l', '-u', 'bob:bob-password', `sftp://127.0.0.1:${product.sftpPort}/`]
  const outcome = await runProgram('curl', list)
  assert.ok(outcome.isOk, outcome.stderr)
  assert.ok(!product.log.join('\n').includes('S3cret!pass'))
  assert.ok(!product.log.join('\n').includes(platform.pluginToken))
})
