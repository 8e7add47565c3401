import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { curl } from '../support/clients/curl.ts'
import { lftp } from '../support/clients/lftp.ts'
import { opensshSftp } from '../support/clients/openssh.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

/** Twice as many as there are places for one protocol, over all processes. */
const flood = 200
/** The grace time is two minutes: who waits for its end is late by far. */
const promptMs = 20_000

class Flood implements Disposable {
  readonly #sockets: Socket[] = []

  /** `says` is what each sends, once it is connected. */
  async open(port: number, says = ''): Promise<void> {
    for (let i = 0; i < flood; i++) {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.on('error', () => {})
      this.#sockets.push(socket.resume())
      await once(socket, 'connect')
      if (says !== '') socket.write(says)
    }
  }

  get openCount(): number {
    return this.#sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

async function promptly<T>(what: Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await what
  const took = performance.now() - started
  assert.ok(took < promptMs, `${Math.round(took)} ms`)
  return result
}

for (const workers of ['1', '2'])
  describe(`with ${workers === '1' ? 'one process' : 'several processes'}`, () => {
    test('silent connections keep nobody out and end no session, though all clients have one address', async () => {
      await using world = await SshWorld.open({ WORKERS: workers })
      const user = await world.addUser()
      await writeFile(join(user.home, 'file'), 'content')
      const { product } = world
      const { target, home } = user
      const ftpUser = { ...target, home }
      const sessions = await Promise.all([1, 2, 3].map(() => connectSftp(target)))
      const ftpSessions = await Promise.all([1, 2, 3].map(() => FtpClient.signIn(product.ftpPort, ftpUser)))
      await world.sessionsAre(user.username, 6)
      using silent = new Flood()
      await silent.open(product.sftpPort)
      await silent.open(product.ftpPort)
      await waitUntil('the places are as many as before', () => silent.openCount <= flood)

      const ftp = { ...target, port: product.ftpPort }
      for (const client of [opensshSftp(target), curl('ftp')(ftp), curl('ftps')(ftp), lftp('ftps')(ftp)]) {
        const { stdout, stderr, isOk } = await promptly(client.list('/'))
        assert.ok(isOk && stdout.includes('file'), stdout + stderr)
      }
      await world.sessionsAre(user.username, 6)
      for (const session of sessions) {
        assert.deepEqual(await session.list('/'), ['file'])
        session.destroy()
      }
      for (const session of ftpSessions) {
        await session.command('SIZE file', 213)
        session[Symbol.dispose]()
      }
    })

    test('connections that begin to speak and stop keep nobody out', async () => {
      await using world = await SshWorld.open({ WORKERS: workers })
      const user = await world.addUser()
      await writeFile(join(user.home, 'file'), 'content')
      const { product } = world
      using slow = new Flood()
      await slow.open(product.sftpPort, 'SSH-2.0-slow\r\n')
      await slow.open(product.ftpPort, 'USER nobody\r\n')
      const ftp = { ...user.target, port: product.ftpPort }
      for (const client of [opensshSftp(user.target), curl('ftps')(ftp)]) {
        const { stdout, stderr, isOk } = await promptly(client.list('/'))
        assert.ok(isOk && stdout.includes('file'), stdout + stderr)
      }
    })
  })
