import assert from 'node:assert/strict'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Product, startProduct } from '../support/product.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { stagedIn } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const megabyte = 1_000_000

test('after a crash the quota holds and leftovers go, also where the storage comes after the server', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'product-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  let home = ''
  {
    await using product = await startProduct({ directory })
    await product.addUser('ann', { quota_size: 10 * megabyte })
    home = product.homeOf('ann')
    using sftp = await connectAnn(product)
    await sftp.put('/base', Buffer.alloc(megabyte))
    const grown = await sftp.open('/base', 'r+')
    await sftp.write(grown, megabyte, Buffer.alloc(4 * megabyte))
    await sftp.write(await sftp.open('/new', 'w'), 0, Buffer.alloc(megabyte))
    await waitUntil('what is charged in the database', () => storedUsageOf(product) === megabyte)
    assert.equal((await stagedIn(home)).length, 1)
    await product.stop('SIGKILL')
  }
  await rename(home, `${home}-away`)
  await using restarted = await startProduct({ directory })
  await waitUntil('a count that fails', () =>
    restarted.log.some((line) => line.includes('quota scan failed')),
  )
  await rename(`${home}-away`, home)
  await waitUntil('the count', async () => (await usageOf(restarted)) === 5 * megabyte, 40_000)
  assert.deepEqual(await stagedIn(home), [])
  using sftp = await connectAnn(restarted)
  await assert.rejects(sftp.put('/more', Buffer.alloc(6 * megabyte)))
  await sftp.put('/less', Buffer.alloc(4 * megabyte))
})

function connectAnn({ sftpPort: port }: Product) {
  const target = { host: '127.0.0.1', port, username: 'ann', password: '', keyFile: '' }
  return connectSftp({ ...target, hostKeyFingerprint: '', scratch: '' }, { password: 'ann-password' })
}

async function usageOf(product: Product): Promise<number> {
  const { body } = await product.api('GET', '/users/ann')
  return (body as { used_quota_size?: number }).used_quota_size ?? 0
}

/** As a killed product leaves it: the API tells what has not been written yet as well. */
function storedUsageOf({ databaseFile }: Product): number {
  using database = new DatabaseSync(databaseFile, { readOnly: true, timeout: 2_000 })
  return Number(database.prepare('select used_quota_size from users').get()?.['used_quota_size'])
}
