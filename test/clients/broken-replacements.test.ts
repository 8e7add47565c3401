import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { ProtocolWorld } from '../contract/protocol.contract.ts'
import { runLftp } from '../support/clients/lftp.ts'
import { opensshSftp, sshOptions } from '../support/clients/openssh.ts'
import { curl } from '../support/clients/curl.ts'
import type { FileClient, Target } from '../support/clients/file-client.ts'
import { type HostileRelays, relayAll } from '../support/hostile-relay.ts'
import { openProtocolWorld } from '../support/protocol-world.ts'
import { type Outcome, runProgram } from '../support/run-program.ts'
import { waitUntil } from '../support/wait-until.ts'

/** Where the relays listen, on the product's own ports. */
const host = '127.0.0.4'

interface Way {
  readonly name: string
  readonly protocol: 'sftp' | 'ftp'
  /** Slowly enough to be cut. */
  putSlowly(target: Target, local: string): Promise<Outcome>
  readonly client: (target: Target) => Pick<FileClient, 'put' | 'resumePut'>
  /** What it says of a resume that is refused. */
  readonly refusal: RegExp
}

const ways: Way[] = [
  {
    name: 'sftp and its reput',
    protocol: 'sftp',
    putSlowly: (target, local) =>
      runProgram(
        'sftp',
        // Kibit a second.
        [
          ...sshOptions(target),
          '-l',
          '4000',
          '-P',
          `${target.port}`,
          '-b',
          '-',
          `${target.username}@${host}`,
        ],
        { input: `put ${local} /f\n` },
      ),
    client: opensshSftp,
    // It shows the code alone.
    refusal: /Failure/,
  },
  {
    name: 'curl -C - over FTP',
    protocol: 'ftp',
    putSlowly: ({ username, password, port }, local) =>
      runProgram('curl', [
        ...['-sS', '--limit-rate', '500k', '-u', `${username}:${password}`],
        ...['-T', local, `ftp://${host}:${port}${pathToFileURL('/f').pathname}`],
      ]),
    client: curl('ftp'),
    refusal: /554/,
  },
  {
    name: 'lftp by itself over FTPS',
    protocol: 'ftp',
    // It comes back within the one command, and sends all of it when it is refused to go on.
    putSlowly: (target, local) =>
      runLftp(target, 'ftps', ['set net:limit-rate 0:1000000', `put ${local} -o /f`]),
    client: (target) => ({ put: (local) => runLftp(target, 'ftps', [`put ${local} -o /f`]) }),
    refusal: /554/,
  },
]

describe('what a cut line left of a replacement is not mixed with the original', { concurrency: 1 }, () => {
  let world: ProtocolWorld
  let relays: HostileRelays
  before(async () => {
    world = await openProtocolWorld('sftp')
    const { sftpPort, ftpPort, passivePorts } = world.product
    relays = await relayAll([sftpPort, ftpPort, ...passivePorts], host)
  })
  after(async () => {
    await relays[Symbol.asyncDispose]()
    await world[Symbol.asyncDispose]()
  })

  for (const [index, { name, protocol, putSlowly, client, refusal }] of ways.entries())
    test(name, async () => {
      const { product } = world
      const username = `user${index}`
      const port = protocol === 'sftp' ? product.sftpPort : product.ftpPort
      const target = { ...(await world.target(username)), host, port }
      const keys = [(await readFile(`${target.keyFile}.pub`, 'utf8')).trim()]
      await product.addUser(username, { password: target.password, public_keys: keys })
      await mkdir(product.homeOf(username), { recursive: true })
      const [file, local] = [join(product.homeOf(username), 'f'), join(target.scratch, 'local')]
      const [original, bytes] = [randomBytes(100_000), randomBytes(2_000_000)]
      await writeFile(file, original)
      await writeFile(local, bytes)
      const holds = async (expected: Buffer) => expected.equals(await readFile(file))

      const slow = putSlowly(target, local)
      await waitUntil('some of it', async () => {
        const { body } = await product.api('GET', '/connections')
        return /"size":[1-9]\d{5}/.test(JSON.stringify(body))
      })
      relays.resetAll()
      const { isOk } = await slow
      const { length } = await readFile(file)
      assert.ok(await holds(isOk ? bytes : original), `${isOk ? 'done' : 'broken off'}, and it has ${length}`)

      const { put, resumePut } = client(target)
      if (resumePut) {
        const resumed = await resumePut(local, '/f')
        assert.ok(!resumed.isOk)
        assert.match(resumed.stderr, refusal)
        assert.ok(await holds(original))
      }
      const { isOk: isWhole, stderr } = await put(local, '/f')
      assert.ok(isWhole, stderr)
      assert.ok(await holds(bytes))
    })
})
