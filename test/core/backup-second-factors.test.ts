import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { randomBytes } from 'node:crypto'
import { purposeOf, type FactorOwner } from '../../src/core/accounts/second-factor.ts'
import { makeRecoveryCodes, recoveryCodeHash } from '../../src/core/auth/recovery-codes.ts'
import { SecretBox } from '../../src/core/auth/secret-box.ts'
import { makeTotpSecret } from '../../src/core/auth/totp.ts'
import type { RestorePlan } from '../../src/core/backups/backup-service.ts'
import { backupsOf } from './backups-of.ts'
import { CoreWorld, rejects } from './core-fixture.ts'

const passphrase = 'a passphrase'
const owners: readonly FactorOwner[] = [
  { kind: 'user', name: 'ann' },
  { kind: 'admin', name: 'other' },
]

async function openWorld() {
  const world = await CoreWorld.open()
  const { clock, database, box } = world
  const { directory, serviceWith } = await backupsOf(world)
  for (const username of ['root', 'other'])
    await database.admins.add(
      {
        ...{ username, source: 'local', status: 'active', email: '', description: '', passwordHash: '' },
        permissions: ['*'],
      },
      clock(),
    )
  await world.addUser('ann')
  const secret = makeTotpSecret()
  for (const owner of owners)
    await database.secondFactors.turnOn(
      owner,
      {
        secret: box.seal(purposeOf(owner), secret),
        protocols: ['HTTP'],
        recoveryCodes: makeRecoveryCodes().map(recoveryCodeHash),
        lastStep: 5,
      },
      clock(),
    )
  const find = async ({ kind, name }: FactorOwner) =>
    (await (kind === 'user' ? database.users : database.admins).find(name))?.secondFactor
  return {
    ...{ world, database, secret, box, find, serviceWith, service: serviceWith(box) },
    async turnAllOff() {
      for (const owner of owners) await database.secondFactors.turnOff(owner, clock())
    },
    read: async (name: string) => (await readFile(join(directory, name))).toString(),
    write: (name: string, text: string) => writeFile(join(directory, name), text),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

function input(name: string, given = '') {
  return { name, passphrase: given, removeOthers: false }
}

function changesOf({ changes }: RestorePlan): string[] {
  return changes.map(({ kind, name, change, fields }) => [kind, name, change, ...fields].join(' '))
}

const bothChange = ['user ann replace totp_config', 'admin other replace totp_config']

test('a backup brings second factors back, which a restore that changes nothing leaves alone', async () => {
  await using fixture = await openWorld()
  const { service, find, turnAllOff } = fixture
  const before = await Promise.all(owners.map(find))
  for (const given of ['', passphrase]) {
    const { name } = await service.make('root', { passphrase: given })
    assert.deepEqual(changesOf(await service.plan('root', input(name, given))), [])
    await turnAllOff()
    assert.deepEqual(changesOf(await service.restore('root', input(name, given))), bothChange)
    for (const [index, owner] of owners.entries()) {
      const [wanted, found] = [before[index] ?? assert.fail(), (await find(owner)) ?? assert.fail()]
      const open = (sealed: string) => fixture.box.open(purposeOf(owner), sealed)
      assert.equal(open(found.secret), fixture.secret)
      assert.deepEqual(
        { ...found, secret: '' },
        { ...wanted, secret: '' },
        'and codes that were taken stay so',
      )
    }
  }
})

test('a backup without a passphrase holds no secret that can be read, and one with it can move to another server', async () => {
  await using fixture = await openWorld()
  const { service, serviceWith, secret, read, find, turnAllOff } = fixture
  const open = await service.make('root')
  assert.ok(!(await read(open.name)).includes(secret))
  const closed = await service.make('root', { passphrase })
  const otherBox = new SecretBox(randomBytes(32))
  await turnAllOff()
  await serviceWith(otherBox).restore('root', input(closed.name, passphrase))
  for (const owner of owners)
    assert.equal(otherBox.open(purposeOf(owner), (await find(owner))?.secret ?? ''), secret)
})

test('a restore tells beforehand whose second factor this server cannot open', async () => {
  await using fixture = await openWorld()
  const { service, serviceWith, turnAllOff, read, write } = fixture
  const open = await service.make('root')
  const closed = await service.make('root', { passphrase })
  await turnAllOff()
  const other = serviceWith(new SecretBox(randomBytes(32)))
  assert.deepEqual((await service.plan('root', input(open.name))).unusableFactors, [])
  assert.deepEqual((await other.plan('root', input(closed.name, passphrase))).unusableFactors, [])
  assert.deepEqual((await other.plan('root', input(open.name))).unusableFactors, owners)
  // One that was sealed for somebody else is as little use.
  const document = JSON.parse(await read(open.name)) as { users: { username: string }[] }
  await write('forged.json', JSON.stringify(document).replaceAll('"ann"', '"eve"'))
  assert.deepEqual((await service.plan('root', input('forged.json'))).unusableFactors, [
    { kind: 'user', name: 'eve' },
  ])
  assert.deepEqual((await other.restore('root', input(open.name))).unusableFactors, owners)
  const nothing = await other.plan('root', input(open.name))
  assert.deepEqual([nothing.changes, nothing.unusableFactors], [[], []])
})

test('a backup from before second factors leaves them as they are; one that says none turns them off', async () => {
  await using fixture = await openWorld()
  const { service, read, write, find } = fixture
  const { name } = await service.make('root')
  const document = JSON.parse(await read(name)) as Record<'users' | 'admins', { secondFactor?: unknown }[]>
  const forge = async (change: (account: { secondFactor?: unknown }) => void) => {
    for (const account of [...document.users, ...document.admins]) change(account)
    await write('forged.json', JSON.stringify(document))
  }
  await forge((account) => delete account.secondFactor)
  assert.deepEqual(changesOf(await service.restore('root', input('forged.json'))), [])
  assert.ok(await find(owners[0] ?? assert.fail()))
  await forge((account) => (account.secondFactor = null))
  assert.deepEqual(changesOf(await service.restore('root', input('forged.json'))), bothChange)
  for (const owner of owners) assert.equal(await find(owner), undefined)
})

test('a second factor that makes no sense is refused with its place', async () => {
  await using fixture = await openWorld()
  const { service, read, write } = fixture
  const { name } = await service.make('root')
  const right = { secret: `plain:${'A'.repeat(32)}`, protocols: ['HTTP'], recoveryCodes: [] }
  const wrongs = [
    ...[true, 'on', [], {}, { ...right, secret: '' }, { ...right, secret: 'plain:abc' }],
    ...[
      { ...right, protocols: ['GOPHER'] },
      { ...right, recoveryCodes: ['short'] },
    ],
    { ...right, recoveryCodes: Array.from({ length: 13 }, () => recoveryCodeHash('x')) },
  ]
  for (const wrong of wrongs) {
    const document = JSON.parse(await read(name)) as { users: Record<string, unknown>[] }
    for (const user of document.users) user['secondFactor'] = wrong
    await write('forged.json', JSON.stringify(document))
    await rejects('invalid-argument', service.plan('root', input('forged.json')))
    await assert.rejects(service.plan('root', input('forged.json')), /users\[0\]\.secondFactor/)
  }
})
