import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, test } from 'node:test'
import type { Algorithms } from 'ssh2'
import type { Upload } from '../../../src/core/files/upload.ts'
import { openSftpWorld, RawSftp, type SftpWorld } from '../../support/sftp-world.ts'

const writeCreateTruncate = 0x2 | 0x8 | 0x10
const pieceBytes = 32_000

const ciphers: readonly (readonly [string, string])[] = [
  ['aes128-gcm@openssh.com', 'hmac-sha2-256'],
  ['chacha20-poly1305@openssh.com', 'hmac-sha2-256'],
  ['aes256-ctr', 'hmac-sha2-256-etm@openssh.com'],
  ['aes256-ctr', 'hmac-sha2-512'],
]

/** Writes `bytes` in pieces, none waiting for the other. */
async function writeAll(sftp: RawSftp, handle: number, bytes: Buffer): Promise<void> {
  const codes: Promise<number>[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes)
    codes.push(sftp.write(handle, at, bytes.subarray(at, at + pieceBytes)))
  for (const code of await Promise.all(codes)) assert.equal(code, 0)
}

/** Passes bytes on to the server in pieces of the given lengths, in turn, each in a packet of its own. */
async function cuttingPipe(
  port: number,
  lengths: readonly number[],
): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    sockets.add(client)
    const upstream = connect({ host: '127.0.0.1', port }).setNoDelay()
    upstream.pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => {})
    let turn = 0
    client.on('data', (bytes) => {
      client.pause()
      void (async () => {
        for (let at = 0; at < bytes.length;) {
          const length = lengths[turn++ % lengths.length] ?? 1
          upstream.write(bytes.subarray(at, at + length))
          at += length
          if (length < 1000) await wait(0)
        }
        client.resume()
      })()
    })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await once(server.close(), 'close')
    },
  }
}

/** Uploads to names that begin with 'slow' store nothing before `release` is called. */
function holdSlowUploads(world: SftpWorld): () => void {
  const gate = Promise.withResolvers<void>()
  const { signIn } = world.core
  const original = signIn.signIn.bind(signIn)
  signIn.signIn = async (attempt) => {
    const result = await original(attempt)
    if (result.outcome !== 'accepted') return result
    const { files } = result.session
    const open = files.openUpload.bind(files)
    files.openUpload = async (path, how): Promise<Upload> => {
      const upload = await open(path, how)
      const write = upload.write.bind(upload)
      if (path.startsWith('/slow'))
        upload.write = async (position, chunks) => {
          await gate.promise
          return write(position, chunks)
        }
      return upload
    }
    return result
  }
  return gate.resolve
}

describe('bytes received over SSH', () => {
  for (const [cipher, mac] of ciphers)
    test(`arrive whole over ${cipher} with ${mac} however the network cuts them`, async () => {
      await using world = await openSftpWorld()
      await using pipe = await cuttingPipe(world.port, [1, 3, 70_000, 15, 40_000, 4, 17_000, 100_000])
      const algorithms = { cipher: [cipher], hmac: [mac] } as unknown as Algorithms
      const client = await world.connect({ port: pipe.port, algorithms })
      const sftp = await RawSftp.open(client)
      for (const name of ['a', 'b', 'c']) {
        const bytes = randomBytes(3_000_000)
        const handle = await sftp.open(`/${name}`, writeCreateTruncate)
        await writeAll(sftp, handle, bytes)
        assert.equal(await sftp.close(handle), 0)
        assert.ok((await readFile(join(world.home, name))).equals(bytes))
      }
    })

  test('stay as they are while a slow file waits and others are written on the same connection', async () => {
    await using world = await openSftpWorld()
    const release = holdSlowUploads(world)
    const sftp = await world.openSftp()
    const slow = randomBytes(900_000)
    const fast = randomBytes(9_000_000)
    const slowHandle = await sftp.open('/slow', writeCreateTruncate)
    const fastHandle = await sftp.open('/fast', writeCreateTruncate)
    const slowDone = writeAll(sftp, slowHandle, slow)
    await writeAll(sftp, fastHandle, fast)
    assert.equal(await sftp.close(fastHandle), 0)
    release()
    await slowDone
    assert.equal(await sftp.close(slowHandle), 0)
    assert.ok((await readFile(join(world.home, 'fast'))).equals(fast))
    assert.ok((await readFile(join(world.home, 'slow'))).equals(slow))
  })

  test('stay as they are while another connection is lost with its data waiting', async () => {
    await using world = await openSftpWorld()
    const release = holdSlowUploads(world)
    const lost = await world.openSftp()
    const lostHandle = await lost.open('/slow', writeCreateTruncate)
    void writeAll(lost, lostHandle, randomBytes(1_500_000)).catch(() => {})
    const sftp = await world.openSftp()
    const bytes = randomBytes(9_000_000)
    const handle = await sftp.open('/other', writeCreateTruncate)
    const done = writeAll(sftp, handle, bytes)
    await wait(20)
    lost.client.destroy()
    await done
    release()
    assert.equal(await sftp.close(handle), 0)
    assert.ok((await readFile(join(world.home, 'other'))).equals(bytes))
  })
})
