import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import ssh2, { type Client } from 'ssh2'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { startProduct, type Product } from '../support/product.ts'
import { farewellOf } from '../support/sftp-world.ts'
import { waitUntil } from '../support/wait-until.ts'

interface Attempt {
  readonly client: Client
  readonly banner: string
  /** '' for one that was let in. */
  readonly refusal: string
}

async function connect(product: Product, password = 'ann-password'): Promise<Attempt> {
  const client = new ssh2.Client()
  let banner = ''
  client.on('banner', (text) => (banner = text))
  client.connect({ host: '127.0.0.1', port: product.sftpPort, username: 'ann', password })
  const outcome = await Promise.race([
    once(client, 'ready').then(() => ''),
    once(client, 'error').then(([error]: unknown[]) => String(error)),
    once(client, 'close').then(() => 'closed'),
  ]).catch(String)
  client.on('error', () => {})
  return { client, banner, refusal: outcome }
}

async function change(product: Product, set: object, reset: string[] = []): Promise<void> {
  const { status, body } = await product.api('PUT', '/settings', { set, reset })
  assert.equal(status, 200, JSON.stringify(body))
}

test('settings that an admin changes hold at once and after a restart', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'product-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  {
    await using product = await startProduct({ directory })
    await product.addUser('ann')
    const first = await connect(product)
    assert.deepEqual([first.banner, first.refusal], ['', ''])

    await change(product, { sftp_banner: 'Welcome to the depot', max_connections: 1, ftp_tls: 'control' })
    const second = await connect(product)
    assert.match(second.banner, /^Welcome to the depot/)
    assert.notEqual(second.refusal, '', 'one connection is there already')
    using ftp = await FtpClient.connect(product.ftpPort)
    await ftp.reply(220)
    await ftp.command('USER ann', 530)
    const status = await product.api('GET', '/status')
    assert.partialDeepStrictEqual(status.body, { ftp: { bindings: [{ tls_mode: 1 }] } })

    const farewell = farewellOf(first.client)
    await change(product, { idle_timeout: 1 }, ['max_connections'])
    assert.match(await farewell, /idle/, 'a running session is asked as well')

    await change(product, { max_auth_tries: 1, idle_timeout: 900 }, ['ftp_tls'])
    assert.match((await connect(product, 'wrong')).refusal, /Too many|closed|authentication/)
    using plain = await FtpClient.connect(product.ftpPort)
    await plain.reply(220)
    await plain.command('USER ann', 331)
    await plain.command('PASS wrong', 421)
  }
  await using restarted = await startProduct({ directory })
  const { banner, client } = await connect(restarted)
  client.end()
  assert.match(banner, /^Welcome to the depot/)
  const { body } = await restarted.api('GET', '/settings')
  assert.partialDeepStrictEqual(body, { changed: ['sftp_banner', 'max_auth_tries'] })
})

test('a product that starts makes the backup that is due, encrypted and readable for itself alone', async () => {
  await using first = await startProduct()
  const directory = join(first.storagesDirectory, 'sftpgo_data', 'backups')
  await first.api('PUT', '/settings', {
    set: { backup_interval_hours: 24 },
    backup_passphrase: 'a phrase for backups',
  })
  assert.deepEqual(await readdir(directory), [], 'without a schedule none is made')
  await first.stop()
  await using product = await startProduct({ directory: first.directory })
  await waitUntil('the backup', async () => (await readdir(directory)).some((name) => !name.startsWith('.')))
  const { body } = await product.api('GET', '/backups')
  assert.partialDeepStrictEqual(body, [{ is_scheduled: true, is_encrypted: true }])
  const [name = ''] = await readdir(directory)
  assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600)
})

test('a server that is killed right after a restore counts what the restored users have', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'product-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  const names = Array.from({ length: 300 }, (_, i) => `user-${i}`)
  {
    await using product = await startProduct({ directory })
    await product.addUser('ann', { quota_size: 1_000 })
    const { body } = await product.api('POST', '/backups', {})
    const { name } = body as { name: string }
    const path = join(product.storagesDirectory, 'sftpgo_data', 'backups', name)
    const document = JSON.parse(await readFile(path, 'utf8')) as { users: object[] }
    const [ann] = document.users
    document.users = names.map((username) => ({ ...ann, username, homeDir: product.homeOf(username) }))
    await writeFile(path, JSON.stringify(document))
    for (const username of names) {
      await mkdir(product.homeOf(username), { recursive: true })
      await writeFile(join(product.homeOf(username), 'file'), Buffer.alloc(900))
    }
    const { status } = await product.api('POST', '/backups/restore', { name })
    assert.equal(status, 200)
    await product.stop('SIGKILL')
  }
  await using restarted = await startProduct({ directory })
  const sizes = async () => {
    const { body } = await restarted.api('GET', '/users?limit=500')
    const users = body as { username: string; used_quota_size?: number }[]
    return users.flatMap(({ username, used_quota_size: used = 0 }) => (username === 'ann' ? [] : used))
  }
  const isCounted = async () => (await sizes()).every((size) => size === 900)
  await waitUntil('all counts', isCounted, 60_000, 200)
  assert.equal((await sizes()).length, names.length)
})
