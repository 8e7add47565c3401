import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { KeyboardInteractiveAuthMethod } from 'ssh2'
import type { Target } from '../support/clients/file-client.ts'
import { curl } from '../support/clients/curl.ts'
import { freshCode, turnOnSecondFactor, wrongCode, type TurnedOn } from '../support/second-factor.ts'
import { runSftp, signInByAnswers } from '../support/ssh-programs.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { type SshUser, SshWorld } from '../support/ssh-world.ts'

const onlyTwoSteps = { denied_login_methods: ['publickey', 'password', 'keyboard-interactive'] }
const once = ['NumberOfPasswordPrompts=1']

for (const workers of ['1', '2'])
  describe(`the second factor with WORKERS=${workers}`, { concurrency: 2 }, () => {
    let world: SshWorld
    before(async () => {
      world = await SshWorld.open({ WORKERS: workers })
    })
    after(() => world[Symbol.asyncDispose]())

    async function addUser(
      protocols: readonly ('SSH' | 'FTP' | 'HTTP')[],
    ): Promise<SshUser & { readonly factor: TurnedOn }> {
      const user = await world.addUser()
      return { ...user, factor: await turnOnSecondFactor(world.product, user.username, protocols) }
    }

    function ftpTarget({ target }: SshUser, password: string): Target {
      return { ...target, port: world.product.ftpPort, password }
    }

    test('OpenSSH asks for the password and then for the code, which is good once', async () => {
      const { target, factor } = await addUser(['SSH'])
      const answers = [target.password, freshCode(factor)]
      const first = await signInByAnswers(target, 'keyboard-interactive', answers, once)
      assert.ok(first.outcome.isOk, first.outcome.stderr)
      assert.equal(first.questions, 2)
      const again = await signInByAnswers(target, 'keyboard-interactive', answers, once)
      assert.match(again.outcome.stderr, /Permission denied/)
      assert.equal(again.questions, 2)
      const unknown = await signInByAnswers(target, 'keyboard-interactive', ['wrong', '123456'], once)
      assert.equal(unknown.questions, 1, 'no code is asked for after a wrong password')
    })

    test('OpenSSH goes on from a wrong code to a right one', async () => {
      const { target, factor } = await addUser(['SSH'])
      const answers = [target.password, wrongCode(factor), target.password, freshCode(factor)]
      const { outcome, questions } = await signInByAnswers(target, 'keyboard-interactive', answers)
      assert.ok(outcome.isOk, outcome.stderr)
      assert.equal(questions, 4)
    })

    test('the method password is refused, and OpenSSH goes on to keyboard-interactive', async () => {
      const { target, factor } = await addUser(['SSH'])
      const alone = await signInByAnswers(target, 'password', [target.password], once)
      assert.match(alone.outcome.stderr, /Permission denied \(publickey,password,keyboard-interactive\)/)
      const withCode = await signInByAnswers(
        target,
        'password',
        [`${target.password}${freshCode(factor)}`],
        once,
      )
      assert.match(withCode.outcome.stderr, /Permission denied/)
      const answers = [target.password, target.password, freshCode(factor)]
      const both = await signInByAnswers(target, 'password,keyboard-interactive', answers, once)
      assert.ok(both.outcome.isOk, both.outcome.stderr)
      assert.equal(both.questions, 3)
    })

    test('a key is enough alone; where a password must follow it, so must the code', async () => {
      const { target } = await addUser(['SSH'])
      assert.ok((await runSftp(target, ['pwd'])).isOk)
      const { target: careful, username, factor } = await addUser(['SSH'])
      const { body } = await world.product.api('GET', `/users/${username}`)
      const changed = { ...(body as object), filters: onlyTwoSteps }
      assert.equal((await world.product.api('PUT', `/users/${username}`, changed)).status, 200)
      assert.ok(!(await runSftp(careful, ['pwd'])).isOk)
      const byPassword = await signInByAnswers(careful, 'publickey,password', [careful.password], once)
      assert.ok(!byPassword.outcome.isOk)
      const answers = [careful.password, freshCode(factor)]
      const { outcome, questions } = await signInByAnswers(
        careful,
        'publickey,keyboard-interactive',
        answers,
        once,
      )
      assert.ok(outcome.isOk, outcome.stderr)
      assert.equal(questions, 2)
    })

    test('each question is a round of its own, and is not shown while it is answered', async () => {
      const { target, factor } = await addUser(['SSH'])
      const rounds: unknown[] = []
      const asked: KeyboardInteractiveAuthMethod = {
        type: 'keyboard-interactive',
        username: target.username,
        prompt: (_name, _text, _language, prompts, finish) => {
          rounds.push(prompts)
          finish([rounds.length === 1 ? target.password : freshCode(factor)])
        },
      }
      using session = await connectSftp(target, { authHandler: [asked] })
      assert.deepEqual(await session.list('/'), [])
      assert.deepEqual(rounds, [
        [{ prompt: 'Password: ', echo: false }],
        [{ prompt: 'Authentication code: ', echo: false }],
      ])
    })

    for (const scheme of ['ftp', 'ftps'] as const)
      test(`curl over ${scheme} gives the code behind the password`, async () => {
        const user = await addUser(['FTP'])
        const { password } = user.target
        const code = freshCode(user.factor)
        const list = (given: string) => curl(scheme)(ftpTarget(user, given)).list('/')
        const refusals = []
        for (const wrong of [password, `${password}${wrongCode(user.factor)}`, `wrong${code}`])
          refusals.push(await list(wrong))
        const right = await list(`${password}${code}`)
        assert.ok(right.isOk, right.stderr)
        refusals.push(await list(`${password}${code}`))
        for (const { isOk, stderr } of refusals) {
          assert.ok(!isOk)
          assert.equal(stderr, refusals[0]?.stderr, 'nothing tells what was wrong')
        }
        const { outcome } = await signInByAnswers(user.target, 'password', [password], once)
        assert.ok(outcome.isOk, 'SSH asks for none')
      })

    test('of many clients that bring one code at once, over whatever protocol, one gets in', async () => {
      const user = await addUser(['SSH', 'FTP'])
      const code = freshCode(user.factor)
      const { password } = user.target
      const outcomes = await Promise.all([
        ...Array.from({ length: 6 }, () => curl('ftp')(ftpTarget(user, `${password}${code}`)).list('/')),
        ...Array.from({ length: 2 }, async () => {
          const asked = await signInByAnswers(user.target, 'keyboard-interactive', [password, code], once)
          return asked.outcome
        }),
      ])
      assert.equal(outcomes.filter(({ isOk }) => isOk).length, 1)
    })

    test('an admin who turns it off lets the user in with the password alone', async () => {
      const { target, username } = await addUser(['SSH', 'FTP', 'HTTP'])
      const refused = await signInByAnswers(target, 'password', [target.password], once)
      assert.ok(!refused.outcome.isOk)
      const { status } = await world.product.api('PUT', `/users/${username}/2fa/disable`)
      assert.equal(status, 200)
      const { outcome } = await signInByAnswers(target, 'password', [target.password], once)
      assert.ok(outcome.isOk, outcome.stderr)
    })
  })
