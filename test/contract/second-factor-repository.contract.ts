import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FactorOwner, SecondFactor } from '../../src/core/accounts/second-factor.ts'
import type { Database } from '../../src/database/database.ts'
import { adminNamed, rejectsWith, userNamed, wholePage, type OpenWorld } from './repository-world.ts'

const factor: SecondFactor = {
  secret: 'v1.sealed',
  protocols: ['SSH', 'HTTP'],
  recoveryCodes: ['one', 'two', 'three'],
  lastStep: 7,
}
const owners: readonly FactorOwner[] = [
  { kind: 'user', name: 'ann' },
  { kind: 'admin', name: 'ann' },
]

async function accountOf({ users, admins }: Database, { kind, name }: FactorOwner) {
  return (await (kind === 'user' ? users : admins).find(name)) ?? assert.fail()
}

async function addOwners({ users, admins }: Database): Promise<void> {
  for (const name of ['ann', 'bob']) {
    await users.add(userNamed(name), 1)
    await admins.add(adminNamed(name), 1)
  }
}

export function secondFactorRepositoryContract(openWorld: OpenWorld): void {
  test('turns a second factor on once, off once, and of nobody else', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await addOwners(database)
    for (const owner of owners) {
      const { secondFactors } = database
      const before = await accountOf(database, owner)
      assert.ok(!('secondFactor' in before))
      await secondFactors.turnOn(owner, factor, 5)
      await rejectsWith(secondFactors.turnOn(owner, { ...factor, secret: 'other' }, 6), 'already-exists')
      assert.deepEqual(await accountOf(database, owner), { ...before, secondFactor: factor, updatedAt: 5 })
      const { users, admins } = database
      const list = owner.kind === 'user' ? await users.list(wholePage) : await admins.list(wholePage)
      assert.deepEqual(
        list.map(({ secondFactor }) => secondFactor),
        [factor, undefined],
      )
      assert.equal(await secondFactors.turnOff(owner, 8), true)
      assert.equal(await secondFactors.turnOff(owner, 9), false)
      assert.deepEqual(await accountOf(database, owner), { ...before, updatedAt: 8 })
    }
  })

  test('keeps a second factor when an admin replaces the account, and ends it with the account', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await addOwners(database)
    for (const owner of owners) await database.secondFactors.turnOn(owner, factor, 5)
    const { users, admins } = database
    const replaced = [
      (await users.replace(userNamed('ann', { email: 'x@y' }), 6)).after,
      await admins.replace(adminNamed('ann', { email: 'x@y' }), 6),
    ]
    for (const { secondFactor } of replaced) assert.deepEqual(secondFactor, factor)
    await users.remove('ann')
    await admins.remove('ann')
    const added = [await users.add(userNamed('ann'), 7), await admins.add(adminNamed('ann'), 7)]
    for (const { secondFactor } of added) assert.equal(secondFactor, undefined)
  })

  test('takes a time step once, whoever asks at the same time, and no earlier one after it', async () => {
    await using world = await openWorld()
    await using first = await world.open()
    await using second = await world.open()
    await addOwners(first)
    for (const owner of owners) {
      await first.secondFactors.turnOn(owner, factor, 5)
      const take = (step: number, secret = factor.secret) =>
        Promise.all(
          [first, second, first, second].map(({ secondFactors }) =>
            secondFactors.takeStep(owner, secret, step),
          ),
        )
      assert.deepEqual((await take(9)).filter(Boolean), [true])
      assert.deepEqual((await take(9)).filter(Boolean), [])
      assert.deepEqual((await take(8)).filter(Boolean), [])
      assert.deepEqual((await take(10, 'another secret')).filter(Boolean), [])
      assert.deepEqual((await take(10)).filter(Boolean), [true])
      const { secondFactor, updatedAt } = await accountOf(first, owner)
      assert.equal(secondFactor?.lastStep, 10)
      assert.equal(updatedAt, 5, 'a sign-in is no change of the account')
    }
  })

  test('takes each recovery code once, whoever asks at the same time', async () => {
    await using world = await openWorld()
    await using first = await world.open()
    await using second = await world.open()
    await addOwners(first)
    for (const owner of owners) {
      await first.secondFactors.turnOn(owner, factor, 5)
      const asked = ['one', 'two', 'one', 'four', 'two', 'one']
      const taken = await Promise.all(
        asked.map((code, i) => (i % 2 ? first : second).secondFactors.takeRecoveryCode(owner, code)),
      )
      for (const code of ['one', 'two'])
        assert.equal(taken.filter((isTaken, i) => isTaken && asked[i] === code).length, 1, code)
      assert.ok(!taken[3])
      assert.deepEqual((await accountOf(first, owner)).secondFactor?.recoveryCodes, ['three'])
    }
  })

  test('admits so many guesses in a time, and forgets them with the time or a right code', async () => {
    await using world = await openWorld()
    await using first = await world.open()
    await using second = await world.open()
    await addOwners(first)
    const limit = { most: 3, windowMs: 100 }
    for (const owner of owners) {
      await first.secondFactors.turnOn(owner, factor, 5)
      const admitted = async (now: number) =>
        (
          await Promise.all(
            Array.from({ length: 8 }, (_, i) =>
              (i % 2 ? first : second).secondFactors.admitGuess(owner, limit, now),
            ),
          )
        ).filter(Boolean).length
      assert.equal(await admitted(1000), 3)
      assert.equal(await admitted(1099), 0)
      assert.equal(await admitted(1100), 3)
      assert.ok(await first.secondFactors.takeStep(owner, factor.secret, 20))
      assert.equal(await admitted(1150), 3)
      assert.equal(await admitted(1249), 0)
    }
  })

  test('changes protocols and recovery codes of a second factor that is on, and of no other', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await addOwners(database)
    const { secondFactors } = database
    for (const owner of owners) {
      await rejectsWith(secondFactors.changeProtocols(owner, ['FTP'], 5), 'not-found')
      await rejectsWith(secondFactors.changeRecoveryCodes(owner, ['four'], 5), 'not-found')
      await secondFactors.turnOn(owner, factor, 5)
      await secondFactors.changeProtocols(owner, ['FTP'], 6)
      await secondFactors.changeRecoveryCodes(owner, ['four'], 7)
      const { secondFactor, updatedAt } = await accountOf(database, owner)
      assert.deepEqual(secondFactor, { ...factor, protocols: ['FTP'], recoveryCodes: ['four'] })
      assert.equal(updatedAt, 7)
    }
  })

  test('says who is unknown', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const { secondFactors } = database
    for (const owner of owners) {
      await rejectsWith(secondFactors.turnOn(owner, factor, 5), 'not-found')
      await rejectsWith(secondFactors.turnOff(owner, 5), 'not-found')
      await rejectsWith(secondFactors.takeRecoveryCode(owner, 'one'), 'not-found')
      assert.equal(await secondFactors.takeStep(owner, factor.secret, 9), false)
    }
  })

  test('gives second factors to a backup and takes them back, also away', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await addOwners(database)
    const { secondFactors, backups } = database
    for (const owner of owners) await secondFactors.turnOn(owner, factor, 5)
    await secondFactors.takeStep({ kind: 'user', name: 'ann' }, factor.secret, 9)
    const { lastStep: _step, ...kept } = factor
    const content = await backups.read()
    for (const list of [content.users, content.admins])
      assert.deepEqual(
        list.map(({ secondFactor }) => secondFactor),
        [kept, undefined],
      )
    const changed = { ...kept, recoveryCodes: ['one'] }
    await backups.restore((present) => {
      const swap = <T extends { username: string }>(accounts: readonly T[]) => ({
        ...{ add: [], remove: [], unchanged: 0 },
        replace: accounts.map((before) => {
          const { secondFactor: _before, ...after } = before as T & { secondFactor?: object }
          const isBob = before.username === 'bob'
          return { before, after: (isBob ? { ...after, secondFactor: changed } : after) as T, fields: [] }
        }),
      })
      return {
        users: swap(present.users),
        admins: swap(present.admins),
        folders: { add: [], replace: [], remove: [], unchanged: 0 },
        settings: { add: new Map(), replace: new Map(), unchanged: 0 },
      }
    }, 6)
    for (const kind of ['user', 'admin'] as const) {
      assert.equal((await accountOf(database, { kind, name: 'ann' })).secondFactor, undefined)
      const { secondFactor } = await accountOf(database, { kind, name: 'bob' })
      assert.deepEqual(secondFactor, { ...changed, lastStep: 0 })
    }
  })
}
