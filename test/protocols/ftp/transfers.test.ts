import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { waitUntil } from '../../support/wait-until.ts'
import { FtpClient, gone, readAll } from './ftp-client.ts'
import { type FtpUser, FtpWorld } from './ftp-world.ts'

/** More than the sockets between the two ends can hold. */
const largeBytes = 40_000_000

for (const tls of [false, true]) {
  describe(tls ? 'transfers over TLS' : 'transfers in clear', { concurrency: 4 }, () => {
    let world: FtpWorld
    before(async () => {
      world = await FtpWorld.open({ passivePorts: [0, 0, 0, 0, 0, 0], limits: { stallTimeoutMs: 1_000 } })
    })
    after(() => world[Symbol.asyncDispose]())

    async function signedIn() {
      const user = await world.addUser()
      const client = await FtpClient.signIn(world.port, user, { tls })
      return { user, client, [Symbol.dispose]: () => client[Symbol.dispose]() }
    }

    /** A transfer that has begun; its stream is the client's end. */
    async function begin(client: FtpClient, command: string) {
      const socket = await client.dataSocket(await client.passive())
      await client.command(command, 150)
      return { socket, stream: tls ? await client.secureData(socket) : socket }
    }

    async function largeFile(user: FtpUser): Promise<Buffer> {
      const bytes = Buffer.alloc(largeBytes, randomBytes(1_000))
      await writeFile(join(user.home, 'large'), bytes)
      return bytes
    }

    const endedAs = (user: FtpUser, type: string) =>
      waitUntil(type, () =>
        world.events.some(
          (event) => event.type === type && 'actor' in event && event.actor.username === user.username,
        ),
      )

    test('files of all sizes come back as they went', async () => {
      using it = await signedIn()
      for (const size of [0, 1, 65_536, 262_143, 262_144, 262_145, 3_000_001]) {
        const bytes = randomBytes(size)
        await it.client.store('STOR file', bytes, { tls })
        assert.ok((await readFile(join(it.user.home, 'file'))).equals(bytes), `${size} bytes stored`)
        assert.ok((await it.client.retrieve('RETR file', { tls })).equals(bytes), `${size} bytes retrieved`)
      }
    })

    test('uploads and downloads go on where they stopped', async () => {
      using it = await signedIn()
      const bytes = randomBytes(500_000)
      await writeFile(join(it.user.home, 'file'), bytes.subarray(0, 200_000))
      await it.client.command('REST 200000', 350)
      await it.client.store('STOR file', bytes.subarray(200_000), { tls })
      assert.ok((await readFile(join(it.user.home, 'file'))).equals(bytes))
      await it.client.command('REST 400000', 350)
      assert.ok((await it.client.retrieve('RETR file', { tls })).equals(bytes.subarray(400_000)))
      // REST holds for one transfer alone.
      assert.ok((await it.client.retrieve('RETR file', { tls })).equals(bytes))
      await it.client.command('REST 500000', 350)
      assert.equal((await it.client.retrieve('RETR file', { tls })).length, 0)
    })

    test('a restart past the end is refused and changes nothing', async () => {
      using it = await signedIn()
      await writeFile(join(it.user.home, 'file'), 'content')
      for (const [command, code] of [
        ['STOR file', 554],
        ['STOR missing', 550],
        ['RETR file', 554],
      ] as const) {
        await it.client.passive()
        await it.client.command('REST 8', 350)
        await it.client.command(command, code)
      }
      assert.deepEqual(await readdir(it.user.home), ['file'])
      assert.equal(await readFile(join(it.user.home, 'file'), 'utf8'), 'content')
    })

    test('TYPE A converts line ends both ways', async () => {
      using it = await signedIn()
      await it.client.command('TYPE A', 200)
      const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i}`)
      await it.client.store('STOR text', lines.join('\r\n'), { tls })
      assert.equal(await readFile(join(it.user.home, 'text'), 'utf8'), lines.join('\n'))
      assert.equal((await it.client.retrieve('RETR text', { tls })).toString(), lines.join('\r\n'))
      await it.client.command('REST 5', 501)
    })

    test('ABOR ends a download with 426 and 226, and the session goes on', async () => {
      using it = await signedIn()
      await largeFile(it.user)
      const { stream } = await begin(it.client, 'RETR large')
      await once(stream, 'readable')
      // As the RFC wants it: interrupt, then the command, the mark urgent or not there at all.
      it.client.write(Buffer.from([0xff, 0xf4, 0xff]))
      it.client.write('ABOR\r\n')
      await it.client.reply(426)
      await it.client.reply(226)
      await endedAs(it.user, 'download-failed')
      await it.client.store('STOR next', 'content', { tls })
    })

    test('ABOR ends an upload with 426 and 226, and what came stays to be resumed', async () => {
      using it = await signedIn()
      const { stream } = await begin(it.client, 'STOR file')
      stream.write(randomBytes(100_000))
      await waitUntil('bytes', () =>
        world.connections
          .list()
          .some(
            ({ username, transfers }) => username === it.user.username && transfers[0]?.bytes === 100_000,
          ),
      )
      await it.client.command('ABOR', 426)
      await it.client.reply(226)
      assert.equal((await readFile(join(it.user.home, 'file'))).length, 100_000)
    })

    test('STAT tells the bytes of a running transfer and NOOP is answered meanwhile', async () => {
      using it = await signedIn()
      const { stream } = await begin(it.client, 'STOR file')
      stream.write('12345')
      await waitUntil('5 bytes', async () => /^213 5 bytes/.test((await it.client.command('STAT', 213)).text))
      await it.client.command('NOOP', 200)
      it.client.write('QUIT\r\n')
      stream.end()
      stream.resume()
      await it.client.reply(226)
      await it.client.reply(221)
      await it.client.closed()
    })

    test('an upload that is cut is no upload', async () => {
      using it = await signedIn()
      await writeFile(join(it.user.home, 'file'), 'what was there')
      const { socket, stream } = await begin(it.client, 'STOR file')
      stream.write('cut')
      await waitUntil('3 bytes', async () => /^213 3 bytes/.test((await it.client.command('STAT', 213)).text))
      // Over TLS an end of TCP without close_notify is as good as a cut.
      if (tls) socket.end()
      else socket.resetAndDestroy()
      await it.client.reply(426)
      assert.equal(await readFile(join(it.user.home, 'file'), 'utf8'), 'what was there')
      await endedAs(it.user, 'upload-failed')
    })

    test('a client that goes away in the middle leaves nothing running', async () => {
      using it = await signedIn()
      const { stream } = await begin(it.client, 'STOR file')
      it.client.socket.destroy()
      await gone(stream)
      await waitUntil('no session', () =>
        world.connections.list().every(({ username }) => username !== it.user.username),
      )
    })

    test('a data connection on which the client does nothing is given up', async () => {
      using it = await signedIn()
      await begin(it.client, 'STOR file')
      await it.client.reply(426)
      await largeFile(it.user)
      const { stream } = await begin(it.client, 'RETR large')
      stream.pause()
      await it.client.reply(426)
    })

    test('a slow client gets every byte, and memory does not grow with the file', async () => {
      using it = await signedIn()
      const bytes = await largeFile(it.user)
      const { stream } = await begin(it.client, 'RETR large')
      await new Promise((resolve) => setTimeout(resolve, 100))
      const transfer = world.connections.list().find(({ username }) => username === it.user.username)
        ?.transfers[0]
      assert.ok((transfer?.bytes ?? Infinity) < largeBytes / 2, 'reading waits for the client')
      const received = await readAll(stream)
      stream.end()
      await it.client.reply(226)
      assert.ok(received.equals(bytes))
      await truncate(join(it.user.home, 'large'), 0)
    })

    test('a directory of thousands is listed whole', async () => {
      using it = await signedIn()
      const directory = join(it.user.home, 'many')
      await mkdir(directory)
      const names = Array.from({ length: 3_000 }, (_, i) => `file-${i}`)
      for (const name of names) await writeFile(join(directory, name), '')
      for (const command of ['LIST many', 'NLST many', 'MLSD many']) {
        const lines = (await it.client.retrieve(command, { tls })).toString().trimEnd().split('\r\n')
        assert.deepEqual(lines.map((line) => line.slice(line.lastIndexOf(' ') + 1)).sort(), names.toSorted())
      }
    })
  })
}
