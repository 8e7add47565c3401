import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from '../support/run-program.ts'
import { SshWorld } from '../support/ssh-world.ts'

const stranger = '127.0.0.9'
/** curl's exit codes for a refused login; 28 is what it makes of FTP's 421. */
const refused = { SFTP: [67], FTP: [67, 28] }

type Protocol = 'SFTP' | 'FTP' | 'HTTP'

/** What a client at `from` sees of a sign-in: curl's exit code, or the status of HTTP. */
async function signIn(
  world: SshWorld,
  protocol: Protocol,
  options: { from: string; username: string; password: string },
): Promise<{ isIn: boolean; text: string }> {
  const { from, username, password } = options
  const common = ['-sS', '-k', '--max-time', '30', '--interface', from]
  const { product } = world
  if (protocol === 'HTTP') {
    const body = JSON.stringify({ username, password })
    const { stdout } = await runProgram('curl', [
      ...[...common, '-w', '%{http_code}', '-H', 'Content-Type: application/json', '-d', body],
      `${product.httpUrl}/api/v2/session/user`,
    ])
    return { isIn: stdout.endsWith('200'), text: stdout }
  }
  const port = protocol === 'SFTP' ? product.sftpPort : product.ftpPort
  const url = `${protocol.toLowerCase()}://127.0.0.1:${port}/`
  const outcome = await runProgram('curl', [...common, '-u', `${username}:${password}`, '-l', url])
  if (!outcome.isOk) assert.ok(refused[protocol].includes(outcome.exitCode ?? -1), outcome.stderr)
  return { isIn: outcome.isOk, text: outcome.stderr }
}

for (const workers of ['1', '2'])
  test(`failures of an address count over protocols, are refused there alone, and keys are not (${workers} workers)`, async () => {
    await using world = await SshWorld.open({
      ...{ WORKERS: workers, PROXY_ADDRESSES: 'none', MAX_ADDRESS_FAILURES: '8' },
    })
    const { username, target } = await world.addUser()
    const password = `${username}-password`
    const known = await world.addUser()
    const knownPassword = `${known.username}-password`
    assert.ok(
      (await signIn(world, 'FTP', { from: stranger, username: known.username, password: knownPassword }))
        .isIn,
    )
    for (let round = 0; round < 3; round++)
      for (const protocol of ['SFTP', 'FTP', 'HTTP'] as const)
        assert.ok(
          !(await signIn(world, protocol, { from: stranger, username: `x${round}${protocol}`, password }))
            .isIn,
        )
    for (const protocol of ['SFTP', 'FTP', 'HTTP'] as const) {
      assert.ok(!(await signIn(world, protocol, { from: stranger, username, password })).isIn, protocol)
      assert.ok((await signIn(world, protocol, { from: '127.0.0.1', username, password })).isIn, protocol)
      const again = { from: stranger, username: known.username, password: knownPassword }
      assert.ok((await signIn(world, protocol, again)).isIn, `known, ${protocol}`)
    }
    const key = [
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'LogLevel=ERROR',
    ]
    const { isOk, stderr } = await runProgram(
      'sftp',
      [
        ...key,
        '-b',
        '-',
        '-i',
        target.keyFile,
        '-o',
        `BindAddress=${stranger}`,
        '-P',
        String(target.port),
        `${username}@127.0.0.1`,
      ],
      { input: 'pwd\n' },
    )
    assert.ok(isOk, stderr)
  })

test('behind the proxy that all share, nothing is counted by its address', async () => {
  await using world = await SshWorld.open({ MAX_ADDRESS_FAILURES: '3' })
  const { username } = await world.addUser()
  const password = `${username}-password`
  for (let round = 0; round < 6; round++)
    await signIn(world, 'FTP', { from: '127.0.0.1', username: `x${round}`, password })
  for (const protocol of ['SFTP', 'FTP', 'HTTP'] as const)
    assert.ok((await signIn(world, protocol, { from: '127.0.0.1', username, password })).isIn)
})
