import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { runProgram } from '../support/run-program.ts'
import { readText, root } from './rendered-manifest.ts'

const command = join(root, 'bench/bench.ts')

suite('the bench command', () => {
  test('it lists its rows, each under a name of its own', async () => {
    const { isOk, stdout, stderr } = await runProgram(process.execPath, [command, '--list'])
    assert(isOk, stderr)
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(':')[0] ?? '')
    assert.equal(new Set(names).size, names.length)
    for (const expected of ['sftp-down-gcm', 'sftp-small-rclone-up', 'ssh-logins', 'ftps-down'])
      assert(names.includes(expected), expected)
  })

  test('it measures the product beside a peer and tells both as a table and as JSON', async () => {
    const args = [command, 'ssh-first-byte', ...['--runs', '1', '--storage', 'memory', '--scale', '0.05']]
    const { isOk, stdout, stderr } = await runProgram(process.execPath, args, { timeoutMs: 110_000 })
    assert(isOk, stderr)
    assert.match(stdout, /^\| SSH connect to first byte.* \(openssh\) \|/m)
    const results = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
      rows: { servers: { name: string; samples: { seconds: number; peakPss: number }[] }[] }[]
      failures: unknown[]
    }
    assert.deepEqual(results.failures, [])
    const servers = results.rows.flatMap((row) => row.servers)
    assert.deepEqual(
      servers.map(({ name }) => name),
      ['ours', 'openssh'],
    )
    for (const { seconds, peakPss } of servers.flatMap(({ samples }) => samples))
      assert(seconds > 0 && seconds < 10 && peakPss > 2 ** 20)
  })

  test('a name that no row has is refused before anything is started', async () => {
    const { exitCode, stderr } = await runProgram(process.execPath, [command, 'no-such-row'])
    assert.equal(exitCode, 1)
    assert.match(stderr, /no-such-row/)
  })

  test('npm run bench is how it is called', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }
    assert.equal(scripts['bench'], 'node bench/bench.ts')
  })
})
