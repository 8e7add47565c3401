import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { quotaIsTrue } from '../support/disk-truth.ts'
import { type Product, startProduct } from '../support/product.ts'
import { runProgram } from '../support/run-program.ts'
import { stagedIn } from '../support/ssh-world.ts'
import { openTransferClient, type TransferClient, transferProtocols } from '../support/transfer-clients.ts'
import { waitUntil } from '../support/wait-until.ts'
import { placeOf } from './crash-writers.ts'
import { isRefused } from './refusals.ts'

const mebibyte = 2 ** 20
/** Only the superuser can mount the small disk that these facts need. */
const options = process.getuid?.() === 0 ? {} : { skip: 'needs the right to mount' }
const original = Buffer.alloc(200_000, 1)

describe('a storage that goes wrong', { ...options, concurrency: 1 }, () => {
  let directory: string
  let product: Product
  let users = 0
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'storage-faults-'))
    await mkdir(join(directory, 'storages'))
    await mount('-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', join(directory, 'storages'))
    product = await startProduct({ directory })
  })
  after(async () => {
    await product.stop()
    await runProgram('umount', ['--lazy', join(directory, 'storages')])
    await rm(directory, { recursive: true, force: true })
  })

  /** A user with a file `/old`, and a client of each protocol. */
  async function newUser(fields: Record<string, unknown> = {}) {
    const username = `user${++users}`
    await product.addUser(username, fields)
    const home = product.homeOf(username)
    await mkdir(home, { recursive: true })
    const clients = await Promise.all(
      transferProtocols.map((protocol) => openTransferClient(protocol, placeOf(product), username)),
    )
    const [first] = clients
    assert.ok(first)
    await first.put('/old', original)
    return {
      username,
      home,
      clients,
      [Symbol.dispose]: () => clients.forEach((one) => one[Symbol.dispose]()),
    }
  }

  async function isUnharmed(
    clients: readonly TransferClient[],
    home: string,
    names = ['old'],
  ): Promise<void> {
    for (const client of clients) assert.ok((await client.get('/old')).equals(original), client.protocol)
    assert.deepEqual((await readdir(home)).sort(), names)
  }

  async function takesFilesAgain(clients: readonly TransferClient[]): Promise<void> {
    for (const client of clients) {
      await waitUntil(`an upload over ${client.protocol}`, () =>
        client.put(`/again-${client.protocol}`, original).then(
          () => true,
          () => false,
        ),
      )
      assert.ok((await client.get(`/again-${client.protocol}`)).equals(original))
    }
  }

  test('a full disk is told in the words of each protocol, leaves the original, and is over when there is room', async () => {
    using user = await newUser()
    const filler = join(product.storagesDirectory, 'filler')
    await writeFile(filler, Buffer.alloc(8 * mebibyte)).catch(() => {})
    for (const client of user.clients)
      for (const path of ['/old', '/new'])
        await isRefused('full', client.protocol, () => client.put(path, Buffer.alloc(mebibyte, 2)))
    await waitUntil('staged files are gone', async () => (await stagedIn(user.home)).length === 0)
    await isUnharmed(user.clients, user.home)
    await rm(filler)
    await takesFilesAgain(user.clients)
    await quotaIsTrue(product, user.username)
    await clear(user.home)
  })

  test('a full quota is told in the words of each protocol and stops nobody else', async () => {
    using user = await newUser({ quota_size: 300_000 })
    using other = await newUser()
    for (const client of user.clients) {
      await isRefused('quota', client.protocol, () => client.put('/new', Buffer.alloc(200_000, 2)))
      await isRefused('quota', client.protocol, () => client.put('/old', Buffer.alloc(400_000, 2)))
    }
    await waitUntil('staged files are gone', async () => (await stagedIn(user.home)).length === 0)
    await isUnharmed(user.clients, user.home)
    await takesFilesAgain(other.clients)
    await quotaIsTrue(product, user.username)
    for (const { home } of [user, other]) await clear(home)
  })

  test('a storage that became read-only is told in the words of each protocol and goes on being read', async () => {
    using user = await newUser()
    await mount('-o', 'remount,ro', product.storagesDirectory)
    try {
      for (const client of user.clients)
        for (const path of ['/old', '/new'])
          await isRefused('readOnly', client.protocol, () => client.put(path, Buffer.alloc(1000, 2)))
      await isUnharmed(user.clients, user.home)
    } finally {
      await mount('-o', 'remount,rw', product.storagesDirectory)
    }
    await takesFilesAgain(user.clients)
    await quotaIsTrue(product, user.username)
    await clear(user.home)
  })

  test('a storage that is taken away stops its users alone, and is served again when it is back', async () => {
    using user = await newUser()
    using other = await newUser()
    const elsewhere = `${user.home}-taken`
    await rename(user.home, elsewhere)
    for (const client of user.clients) {
      await isRefused('gone', client.protocol, () => client.get('/old'))
      await isRefused('gone', client.protocol, () => client.put('/new', Buffer.alloc(1000, 2)))
    }
    await isUnharmed(other.clients, other.home)
    await rename(elsewhere, user.home)
    await isUnharmed(user.clients, user.home)
    await takesFilesAgain(user.clients)
    await quotaIsTrue(product, user.username)
    for (const { home } of [user, other]) await clear(home)
  })
})

async function mount(...args: string[]): Promise<void> {
  const { isOk, stderr } = await runProgram('mount', args)
  assert.ok(isOk, stderr)
}

async function clear(home: string): Promise<void> {
  for (const name of await readdir(home)) await rm(join(home, name))
}
