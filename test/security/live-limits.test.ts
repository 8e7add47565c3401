import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { type SshUser, SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'
import { WebUser } from '../support/web-user.ts'

/** An upload under way in an open session. */
interface OpenUpload {
  /** Sends more of it; false when it is refused. */
  more(bytes: number): Promise<boolean>
}

/** A session that is open while an admin changes what its user may use. */
interface OpenSession extends Disposable {
  /** A whole file; false when it is refused. */
  put(path: string, bytes: number): Promise<boolean>
  begin(path: string, totalBytes: number): Promise<OpenUpload>
}

const sessions: Record<string, (world: SshWorld, user: SshUser) => Promise<OpenSession>> = {
  SFTP: (_world, user) => openSftp(user),
  FTP: (world, user) => openFtp(world, user, false),
  FTPS: (world, user) => openFtp(world, user, true),
  HTTP: openHttp,
}

interface Limit {
  readonly what: string
  readonly directory: string
  readonly of: (world: SshWorld, user: SshUser, amount: number) => Promise<object> | object
}

const folderOf = async ({ product }: SshWorld, { username }: SshUser): Promise<string> => {
  const name = `of-${username}`
  const path = join(product.storagesDirectory, name)
  await mkdir(path, { recursive: true })
  await product.api('POST', '/folders', { name, mapped_path: path })
  return name
}

const sizes: readonly Limit[] = [
  { what: 'quota', directory: '', of: (_world, _user, amount) => ({ quota_size: amount }) },
  {
    what: 'quota of a folder',
    directory: '/shared',
    of: async (world, user, amount) => {
      const name = await folderOf(world, user)
      const limits = { quota_size: amount, quota_files: 0 }
      return { virtual_folders: [{ name, virtual_path: '/shared', ...limits }] }
    },
  },
  {
    what: 'largest file',
    directory: '',
    of: (_world, _user, amount) => ({ filters: { max_upload_file_size: amount } }),
  },
]

const plenty = 2 ** 30

for (const workers of ['1', '2'])
  describe(`limits that an admin changes hold for open sessions (${workers} workers)`, () => {
    let world: SshWorld
    before(async () => {
      world = await SshWorld.open({ WORKERS: workers })
    })
    after(() => world[Symbol.asyncDispose]())

    async function set(user: SshUser, fields: object): Promise<void> {
      const { body } = await world.product.api('GET', `/users/${user.username}`)
      const changed = { ...(body as object), ...fields }
      assert.equal((await world.product.api('PUT', `/users/${user.username}`, changed)).status, 200)
      // Workers answer this after all that they were told before.
      await world.product.api('GET', '/connections')
    }

    for (const [protocol, open] of Object.entries(sessions)) {
      for (const { what, directory, of } of sizes) {
        for (const before of [0, plenty])
          test(`${protocol}: a ${what} lowered from ${before} stops an upload under way at its next write`, async () => {
            const user = await world.addUser()
            await set(user, await of(world, user, before))
            using session = await open(world, user)
            const upload = await session.begin(`${directory}/large`, 300_000)
            assert.ok(await upload.more(100_000))
            await set(user, await of(world, user, 150_000))
            assert.equal(await upload.more(100_000), false)
            assert.equal(await session.put(`${directory}/larger`, 150_001), false)
            assert.ok(await session.put(`${directory}/small`, 10_000))
          })

        test(`${protocol}: a ${what} that is raised, and then none, gives room at once`, async () => {
          const user = await world.addUser()
          await set(user, await of(world, user, 100_000))
          using session = await open(world, user)
          assert.equal(await session.put(`${directory}/file`, 150_000), false)
          await set(user, await of(world, user, 200_000))
          assert.ok(await session.put(`${directory}/file`, 150_000))
          await set(user, await of(world, user, 0))
          assert.ok(await session.put(`${directory}/more`, 500_000))
        })
      }

      test(`${protocol}: another number of files is judged by at the next one`, async () => {
        const user = await world.addUser()
        using session = await open(world, user)
        assert.ok(await session.put('/one', 1))
        await set(user, { quota_files: 1 })
        assert.equal(await session.put('/two', 1), false)
        await set(user, { quota_files: 2 })
        assert.ok(await session.put('/two', 1))
        assert.equal(await session.put('/three', 1), false)
      })

      test(
        `${protocol}: an upload under way goes on as fast as it may now`,
        { timeout: 60_000 },
        async () => {
          const user = await world.addUser({ upload_bandwidth: 1 })
          using session = await open(world, user)
          const upload = await session.begin('/file', 600_100)
          assert.ok(await upload.more(100))
          await set(user, { upload_bandwidth: 0 })
          for (let piece = 1; piece <= 3; piece++) assert.ok(await upload.more(200_000))
        },
      )
    }
  })

async function openSftp(user: SshUser): Promise<OpenSession> {
  const session = await connectSftp(user.target)
  return {
    put: (path, bytes) => isDone(session.put(path, Buffer.alloc(bytes))),
    async begin(path) {
      const handle = await session.open(path, 'w')
      let position = 0
      return {
        async more(bytes) {
          for (const end = position + bytes; position < end;) {
            const piece = Buffer.alloc(Math.min(32_768, end - position))
            if (!(await isDone(session.write(handle, position, piece)))) {
              await session.close(handle).catch(() => {})
              return false
            }
            position += piece.length
          }
          return true
        },
      }
    },
    [Symbol.dispose]: () => session.destroy(),
  }
}

async function openFtp(world: SshWorld, { username }: SshUser, tls: boolean): Promise<OpenSession> {
  const { product } = world
  const client = await FtpClient.signIn(
    product.ftpPort,
    { username, password: `${username}-password` },
    { tls },
  )
  const store = async (path: string) => {
    const socket = await client.dataSocket(await client.passive())
    const { code } = await client.command(`STOR ${path}`)
    if (code !== 150) socket.destroy()
    return code === 150 ? (tls ? await client.secureData(socket) : socket) : undefined
  }
  return {
    async put(path, bytes) {
      const socket = await store(path)
      if (!socket) return false
      socket.end(Buffer.alloc(bytes))
      socket.resume()
      const { code } = await client.reply()
      return code === 226
    },
    async begin(path) {
      const socket = await store(path)
      assert.ok(socket)
      let sent = 0
      const refused = client.reply().then(({ code }) => assert.equal(code, 552))
      refused.catch(() => {})
      return {
        async more(bytes) {
          sent += bytes
          socket.write(Buffer.alloc(bytes))
          let hasEnded = false
          const stored = waitUntil('bytes of an upload', async () => {
            if (hasEnded) return true
            const { body } = await product.api('GET', '/connections')
            const all = body as { username: string; active_transfers: { size: number }[] }[]
            const own = all.filter((one) => one.username === username)
            return own.some((one) => one.active_transfers.some(({ size }) => size === sent))
          })
          const isStored = await Promise.race([stored.then(() => true), refused.then(() => false)])
          hasEnded = true
          return isStored
        },
      }
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  }
}

async function openHttp({ product }: SshWorld, { username }: SshUser): Promise<OpenSession> {
  const user = await WebUser.signIn(product, username)
  const tus = { 'Tus-Resumable': '1.0.0' }
  return {
    put: async (path, bytes) => (await user.upload(path, 'x'.repeat(bytes))) < 300,
    async begin(path, totalBytes) {
      const made = await user.call('POST', '/user/uploads', undefined, {
        ...tus,
        'Upload-Length': String(totalBytes),
        'Upload-Metadata': `path ${Buffer.from(path).toString('base64')}`,
      })
      assert.equal(made.status, 201)
      const location = made.headers.get('location') ?? ''
      let position = 0
      return {
        async more(bytes) {
          const sent = await user.call('PATCH', `/user/${location}`, 'x'.repeat(bytes), {
            ...tus,
            'Content-Type': 'application/offset+octet-stream',
            'Upload-Offset': String(position),
          })
          position += bytes
          return sent.ok
        },
      }
    },
    [Symbol.dispose]: () => void user.signOut().catch(() => {}),
  }
}

function isDone(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}
