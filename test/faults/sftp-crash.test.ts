import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { hostKeyFingerprint } from '../support/ssh-programs.ts'
import { connectSftp, type SftpConnection } from '../support/ssh-session.ts'
import { type SshUser, SshWorld, stagedIn } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const rounds = 5
const fileBytes = 400_000

test('kill -9 during twenty uploads damages no file and leaves nothing that a restart does not clear', async () => {
  await using world = await SshWorld.open()
  const user = await world.addUser()
  const hostKeys = await hostKeysOf(world)
  for (let index = 0; index < 10; index++) await writeFile(join(user.home, `old-${index}`), version(0))
  assert.equal((await world.product.api('POST', `/quotas/users/${user.username}/scan`)).status, 202)
  await world.quotaSettles(user)
  let safe = 0
  for (let round = 1; round <= rounds; round++) {
    const writers = await openWriters(world.target(user.username))
    const work = writers.map((writer, index) =>
      index < 10 ? overwrite(writer, index) : addNew(writer, round, index),
    )
    await waitUntil('staged files', async () => (await stagedIn(user.home)).length >= 10)
    await delay(60 * round)
    await world.crashAndRestart()
    const acknowledged = await Promise.all(work)
    for (const writer of writers) writer.destroy()
    await checkFiles(user, acknowledged)
    safe += acknowledged.reduce((sum, seen) => sum + seen.size, 0)
    await waitUntil('the staged files are gone', async () => (await stagedIn(user.home)).length === 0, 5_000)
    await world.quotaSettles(user)
    assert.deepEqual(await hostKeysOf(world), hostKeys)
  }
  assert.ok(safe > 0, 'no upload ended before its product was killed')
})

/** What a writer was told to be safe: a file and at least which version of it. */
type Acknowledged = ReadonlyMap<string, number>

/** Each version of a file is one byte value all over, so that a mixture shows. */
function version(number: number): Buffer {
  return Buffer.alloc(fileBytes, number)
}

function openWriters(target: SshUser['target']): Promise<SftpConnection[]> {
  return Promise.all(Array.from({ length: 20 }, () => connectSftp(target)))
}

async function overwrite(writer: SftpConnection, index: number): Promise<Acknowledged> {
  const seen = new Map<string, number>()
  const name = `old-${index}`
  try {
    for (let number = 1; number < 256; number++) {
      await writer.put(`/${name}`, version(number))
      seen.set(name, number)
    }
  } catch {
    // The product was killed.
  }
  return seen
}

async function addNew(writer: SftpConnection, round: number, index: number): Promise<Acknowledged> {
  const seen = new Map<string, number>()
  try {
    for (let number = 1; number < 256; number++) {
      const name = `new-${round}-${index}-${number}`
      await writer.put(`/${name}`, version(number))
      seen.set(name, number)
    }
  } catch {
    // The product was killed.
  }
  return seen
}

async function checkFiles({ home }: SshUser, acknowledged: readonly Acknowledged[]): Promise<void> {
  const names = (await readdir(home)).filter((name) => !name.endsWith('.part'))
  for (const name of names) {
    const bytes = await readFile(join(home, name))
    assert.equal(bytes.length, fileBytes, name)
    assert.ok(bytes.equals(version(bytes[0] ?? 0)), `${name} is a mixture`)
  }
  for (const seen of acknowledged)
    for (const [name, number] of seen) {
      const bytes = await readFile(join(home, name))
      // One more may have been renamed into place when the answer could not be given any more.
      assert.ok([number, number + 1].includes(bytes[0] ?? -1), `${name}: ${bytes[0]} after ${number}`)
    }
}

async function hostKeysOf(world: SshWorld): Promise<unknown> {
  const state = join(world.directory, 'state')
  const names = ['id_rsa', 'id_ecdsa', 'id_ed25519']
  return {
    files: await Promise.all(names.map((name) => readFile(join(state, name), 'utf8'))),
    shown: await hostKeyFingerprint(world.product.sftpPort),
  }
}
