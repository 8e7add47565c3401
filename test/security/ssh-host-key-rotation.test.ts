import assert from 'node:assert/strict'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { RawSsh, sshMessage } from '../support/raw-ssh.ts'
import { isSignedByEd25519, sshString, sshStrings } from '../support/raw-ssh-key-exchange.ts'
import { runProgram } from '../support/run-program.ts'
import { openSftpWorld, type SftpWorld } from '../support/sftp-world.ts'
import { runSftp } from '../support/ssh-programs.ts'
import { SshWorld } from '../support/ssh-world.ts'

const proveName = 'hostkeys-prove-00@openssh.com'

function proveRequest(keys: readonly Buffer[], end = Buffer.alloc(0)): Buffer {
  const head = [Buffer.from([sshMessage.globalRequest]), sshString(proveName), Buffer.from([1])]
  return Buffer.concat([...head, ...keys.map(sshString), end])
}

describe('host keys that a server announces', () => {
  let world: SftpWorld
  before(async () => {
    world = await openSftpWorld()
  })
  after(() => world[Symbol.asyncDispose]())

  test('are told after the sign-in, all of them, without asking for an answer', async () => {
    using client = await RawSsh.signedIn(world.port)
    const { announcement } = client
    assert.equal(announcement.name, 'hostkeys-00@openssh.com')
    assert.equal(announcement.wantsReply, false)
    const types = announcement.strings.map((key) =>
      String(sshStrings(key.subarray(0, 4 + key.readUInt32BE(0)))[0]),
    )
    assert.deepEqual(types, ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'])
  })

  test('are proven by signatures over this very session, also after keys were exchanged anew', async () => {
    using client = await RawSsh.signedIn(world.port)
    const { announcement } = client
    const [key = Buffer.alloc(0)] = announcement.strings
    for (let i = 0; i < 2; i++) {
      client.send(proveRequest([key]))
      const [signature = Buffer.alloc(0)] = sshStrings(
        (await client.nextOf(sshMessage.requestSuccess)).subarray(1),
      )
      const data = Buffer.concat([proveName, client.sessionId, key].map(sshString))
      assert.ok(isSignedByEd25519(data, key, signature))
      await client.exchangeKeys()
    }
  })

  test('are proven in one answer, in the order of the question, with RSA never under SHA-1', async () => {
    using client = await RawSsh.signedIn(world.port)
    const { announcement } = client
    client.send(proveRequest(announcement.strings.toReversed()))
    const reply = await client.nextOf(sshMessage.requestSuccess)
    const algorithms = sshStrings(reply.subarray(1)).map((signature) => String(sshStrings(signature)[0]))
    assert.deepEqual(algorithms, ['rsa-sha2-512', 'ecdsa-sha2-nistp256', 'ssh-ed25519'])
  })

  test('are not proven for no key, a strange one, the same one twice, or a list that is cut short', async () => {
    using client = await RawSsh.signedIn(world.port)
    const { announcement } = client
    const [key = Buffer.alloc(0)] = announcement.strings
    const strange = Buffer.from(key)
    strange[strange.length - 1] = (strange.at(-1) ?? 0) ^ 1
    const requests = [
      proveRequest([]),
      proveRequest([strange]),
      proveRequest([key, strange]),
      proveRequest([key, key]),
      proveRequest([key], Buffer.from([0, 0, 0, 9, 1])),
      proveRequest([Buffer.alloc(0)]),
    ]
    for (const request of requests) {
      client.send(request)
      await client.nextOf(sshMessage.requestFailure)
    }
    client.send(proveRequest([key]))
    await client.nextOf(sshMessage.requestSuccess)
  })

  test('are not proven to somebody who has not signed in', async () => {
    using client = await RawSsh.open(world.port)
    await client.exchangeKeys()
    using other = await RawSsh.signedIn(world.port)
    client.send(proveRequest(other.announcement.strings.slice(0, 1)))
    await client.nextOf(sshMessage.requestFailure, { skip: [sshMessage.extInfo] })
  })

  test('are told when the first exchange after the sign-in is over, where the client begins one at once', async () => {
    using client = await RawSsh.open(world.port)
    await client.exchangeKeys()
    await client.signIn('ann', 'ann-password')
    await client.exchangeKeys({ skip: [sshMessage.globalRequest] })
    client.send(proveRequest([]))
    await client.nextOf(sshMessage.requestFailure, { skip: [sshMessage.globalRequest] })
  })
})

for (const workers of ['1', '2'])
  describe(`a host key is changed under OpenSSH's eyes, WORKERS=${workers}`, () => {
    let world: SshWorld
    before(async () => {
      world = await SshWorld.open({ WORKERS: workers }, async (directory) => {
        await mkdir(join(directory, 'state'))
        const next = join(directory, 'state', 'id_ed25519.next')
        await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', next])
      })
    })
    after(() => world[Symbol.asyncDispose]())

    test('it learns the next key beforehand, trusts it afterwards, and forgets the old one', async () => {
      const { target } = await world.addUser()
      const state = join(world.directory, 'state')
      const publicKey = async (name: string) => {
        const { stdout } = await runProgram('ssh-keygen', ['-y', '-f', join(state, name)])
        return stdout.trim().split(' ').slice(0, 2).join(' ')
      }
      const [old, next] = [await publicKey('id_ed25519'), await publicKey('id_ed25519.next')]
      const knownHosts = join(world.scratch, 'known_hosts')
      const signIn = async (algorithms: string) => {
        const strict = [
          'StrictHostKeyChecking=yes',
          `UserKnownHostsFile=${knownHosts}`,
          'HostKeyAlias=gateway',
        ]
        const learning = ['UpdateHostKeys=yes', 'LogLevel=DEBUG1', `HostKeyAlgorithms=${algorithms}`]
        const options = [...strict, ...learning].flatMap((option) => ['-o', option])
        return runSftp(world.target(target.username), ['pwd'], options)
      }
      const learned = async () =>
        (await readFile(knownHosts, 'utf8'))
          .split('\n')
          .filter((line) => line.startsWith('gateway '))
          .map((line) => line.split(' ').slice(1, 3).join(' '))

      const algorithms = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256']
      for (const algorithm of algorithms) {
        const file = { 'ssh-ed25519': 'id_ed25519', 'ecdsa-sha2-nistp256': 'id_ecdsa' }[algorithm] ?? 'id_rsa'
        await writeFile(knownHosts, `gateway ${await publicKey(file)}\n`)
        // It takes the first, and learns keys of the kinds that it knows.
        const outcome = await signIn([algorithm, ...algorithms].join())
        assert.ok(outcome.isOk, outcome.stderr)
        assert.ok(outcome.stderr.includes(`host key algorithm: ${algorithm}`), outcome.stderr)
        const all = [old, next, await publicKey('id_ecdsa'), await publicKey('id_rsa')]
        assert.deepEqual((await learned()).sort(), all.sort(), `${algorithm}: ${outcome.stderr}`)
      }

      await rename(join(state, 'id_ed25519.next'), join(state, 'id_ed25519'))
      await world.crashAndRestart()
      const outcome = await signIn('ssh-ed25519')
      assert.ok(outcome.isOk, outcome.stderr)
      const known = await learned()
      assert.ok(known.includes(next) && !known.includes(old), known.join('\n'))
    })
  })
