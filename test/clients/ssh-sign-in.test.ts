import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ConnectConfig, KeyboardInteractiveAuthMethod } from 'ssh2'
import type { Target } from '../support/clients/file-client.ts'
import { runProgram } from '../support/run-program.ts'
import { runSftp, signInByAnswers } from '../support/ssh-programs.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { type SshUser, SshWorld } from '../support/ssh-world.ts'

const onlyTwoSteps = { denied_login_methods: ['publickey', 'password', 'keyboard-interactive'] }

const once = ['NumberOfPasswordPrompts=1']

describe('SSH sign-in', { concurrency: 2 }, () => {
  let world: SshWorld
  before(async () => {
    world = await SshWorld.open({ MAX_AUTH_TRIES: '3' })
  })
  after(() => world[Symbol.asyncDispose]())

  /** Puts the key pair `name` of the scratch directory in place of the user's. */
  function withKey(user: SshUser, name: string): Target {
    return { ...user.target, keyFile: join(world.scratch, name) }
  }

  for (const method of ['password', 'keyboard-interactive']) {
    test(`OpenSSH signs in by ${method}`, async () => {
      const { target } = await world.addUser()
      const { outcome, questions } = await signInByAnswers(target, method, [target.password])
      assert.ok(outcome.isOk && outcome.stdout.includes('/'), outcome.stderr)
      assert.equal(questions, 1)
    })

    test(`OpenSSH is asked by ${method} no more often than is allowed`, async () => {
      const { target } = await world.addUser()
      const { outcome, questions } = await signInByAnswers(
        target,
        method,
        ['wrong'],
        ['NumberOfPasswordPrompts=10'],
      )
      assert.ok(!outcome.isOk)
      assert.equal(questions, 3)
      assert.match(outcome.stderr, /Too many authentication failures|Connection closed|disconnect/i)
      assert.doesNotMatch(outcome.stderr, /timed? ?out/i)
    })

    test(`a wrong answer by ${method} may be followed by the right one`, async () => {
      const { target } = await world.addUser()
      const { outcome } = await signInByAnswers(target, method, ['wrong', target.password])
      assert.ok(outcome.isOk, outcome.stderr)
    })

    test(`OpenSSH signs in by key and then ${method}, and by neither alone`, async () => {
      const user = await world.addUser({ filters: onlyTwoSteps })
      const { target } = user
      const both = await signInByAnswers(target, `publickey,${method}`, [target.password])
      assert.ok(both.outcome.isOk, both.outcome.stderr)
      assert.ok(!(await runSftp(target, ['pwd'])).isOk, 'the key alone')
      const alone = await signInByAnswers(target, method, [target.password], once)
      assert.ok(!alone.outcome.isOk, 'the password alone')
      const wrong = await signInByAnswers(target, `publickey,${method}`, ['wrong'], once)
      assert.ok(!wrong.outcome.isOk, 'a wrong password after the right key')
      const other = await signInByAnswers(
        withKey(user, 'other'),
        `publickey,${method}`,
        [target.password],
        once,
      )
      assert.ok(!other.outcome.isOk, 'the right password after a wrong key')
    })
  }

  test('OpenSSH signs in by keys of each type, and by no other', async () => {
    const types = [
      ['rsa', '3072'],
      ['ecdsa', '256'],
      ['ecdsa', '384'],
      ['ecdsa', '521'],
      ['ed25519', '256'],
    ] as const
    const keys = types.map(([type, bits]) => ({ type, bits, file: join(world.scratch, `${type}-${bits}`) }))
    await Promise.all(
      keys.map(({ type, bits, file }) =>
        runProgram('ssh-keygen', ['-q', '-t', type, '-b', bits, '-N', '', '-f', file]),
      ),
    )
    const lines = await Promise.all(keys.map(({ file }) => readFile(`${file}.pub`, 'utf8')))
    const user = await world.addUser({ public_keys: lines.map((line) => line.trim()) })
    for (const { type, bits } of keys) {
      const outcome = await runSftp(withKey(user, `${type}-${bits}`), ['pwd'])
      assert.ok(outcome.isOk, `${type}-${bits}: ${outcome.stderr}`)
    }
    for (const algorithm of ['rsa-sha2-256', 'rsa-sha2-512']) {
      const options = ['-o', `PubkeyAcceptedAlgorithms=${algorithm}`]
      assert.ok((await runSftp(withKey(user, 'rsa-3072'), ['pwd'], options)).isOk, algorithm)
    }
    const sha1 = ['-o', 'PubkeyAcceptedAlgorithms=ssh-rsa']
    assert.ok(!(await runSftp(withKey(user, 'rsa-3072'), ['pwd'], sha1)).isOk, 'a SHA-1 signature')
    assert.ok(!(await runSftp(withKey(user, 'other'), ['pwd'])).isOk, 'the key of somebody else')
  })

  test('the ssh2 client signs in each way', async () => {
    const { target } = await world.addUser()
    const { target: careful } = await world.addUser({ filters: onlyTwoSteps })
    const { username, password } = target
    const key = await readFile(target.keyFile)
    const byKey = (name: string) => ({ type: 'publickey', username: name, key }) as const
    const byPassword = (name: string, right: string) =>
      ({ type: 'password', username: name, password: right }) as const
    const asked: KeyboardInteractiveAuthMethod = {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _text, _language, prompts, finish) => {
        assert.deepEqual(
          prompts.map(({ echo }) => echo),
          [false],
        )
        finish([password])
      },
    }
    const ways: [Target, ConnectConfig['authHandler']][] = [
      [target, [byKey(username)]],
      [target, [byPassword(username, password)]],
      [target, [asked]],
      [careful, [byKey(careful.username), byPassword(careful.username, careful.password)]],
    ]
    for (const [who, authHandler] of ways) {
      using session = await connectSftp(who, authHandler ? { authHandler } : {})
      assert.deepEqual(await session.list('/'), [])
    }
  })

  test('a key is offered a signature only when it is right', async () => {
    const { target } = await world.addUser()
    const known = await runSftp(target, ['pwd'], ['-o', 'LogLevel=DEBUG1'])
    assert.match(known.stderr, /Server accepts key/)
    const user = { username: '', home: '', target }
    const unknown = await runSftp(withKey(user, 'other'), ['pwd'], ['-o', 'LogLevel=DEBUG1'])
    assert.doesNotMatch(unknown.stderr, /Server accepts key/)
  })

  test('who does not exist, is disabled, has expired or may not use SSH stays outside', async () => {
    const users = [
      await world.addUser({ status: 0 }),
      await world.addUser({ expiration_date: Date.now() - 1000 }),
      await world.addUser({ filters: { denied_protocols: ['SSH'] } }),
    ]
    for (const target of [...users.map(({ target }) => target), world.target('nobody')]) {
      assert.ok(!(await runSftp(target, ['pwd'])).isOk)
      const { outcome } = await signInByAnswers(
        target,
        'password',
        [target.password],
        ['NumberOfPasswordPrompts=1'],
      )
      assert.match(outcome.stderr, /Permission denied/)
    }
  })
})
