import assert from 'node:assert/strict'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { type Product, startProduct } from '../support/product.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { openHttpTransfers, openTransferClient } from '../support/transfer-clients.ts'
import { waitUntil } from '../support/wait-until.ts'
import { isRunning, workersOf } from '../workers/workers-world.ts'
import { placeOf } from './crash-writers.ts'

const half = Buffer.alloc(300_000, 5)
const whole = Buffer.concat([half, half])
/** What the platform gives a container before it kills it. */
const platformPatienceMs = 10_000

/** An upload of which half has been sent. */
interface HalfUpload {
  readonly name: string
  /** Sends the rest and waits for the OK. */
  finish(): Promise<void>
}

describe('SIGTERM', { concurrency: 2 }, () => {
  for (const workers of ['1', '2'])
    test(`with WORKERS=${workers} stops listening, lets transfers end over every protocol, breaks off what stands still and exits with 0`, async (t) => {
      await using product = await startProduct({ env: { WORKERS: workers } })
      await product.addUser('ann')
      await mkdir(product.homeOf('ann'), { recursive: true })
      {
        using client = await openTransferClient('SFTP', placeOf(product), 'ann')
        for (const name of ['sftp-stuck', 'ftp-stuck', 'ftps-stuck', 'http-stuck'])
          await client.put(`/${name}`, Buffer.from('original'))
      }
      const begin = (kind: 'ends' | 'stuck') =>
        Promise.all([
          halfBySftp(product, `sftp-${kind}`),
          halfByFtp(product, `ftp-${kind}`, false),
          halfByFtp(product, `ftps-${kind}`, true),
          halfByHttp(product, `http-${kind}`),
        ])
      const ending = await begin('ends')
      const stuck = await begin('stuck')
      const children = await workersOf(product)
      const ports = [product.sftpPort, product.ftpPort, Number(new URL(product.httpUrl).port)]
      const startedAt = performance.now()
      const exitCode = product.stop('SIGTERM')
      await delay(500)
      for (const port of ports) await waitUntil(`nobody to listen at ${port}`, () => isClosed(port), 3_000)
      for (const upload of ending) await upload.finish()
      assert.equal(await exitCode, 0)
      const tookMs = performance.now() - startedAt
      assert.ok(tookMs < platformPatienceMs, `${tookMs} ms`)
      assert.deepEqual(children.filter(isRunning), [])
      for (const { name } of ending)
        assert.ok((await readFile(join(product.homeOf('ann'), name))).equals(whole), name)
      for (const { name } of stuck)
        assert.equal(await readFile(join(product.homeOf('ann'), name), 'utf8'), 'original')
      assert.equal((await readdir(product.homeOf('ann'))).length, ending.length + stuck.length)
      t.diagnostic(`${ending.length} ended, ${stuck.length} broken off after ${Math.round(tookMs)} ms`)
    })
})

async function halfBySftp(product: Product, name: string): Promise<HalfUpload> {
  const target = { host: '127.0.0.1', port: product.sftpPort, username: 'ann', password: '', keyFile: '' }
  const session = await connectSftp(
    { ...target, hostKeyFingerprint: '', scratch: '' },
    { password: 'ann-password' },
  )
  const handle = await session.open(`/${name}`, 'w')
  await session.write(handle, 0, half.subarray(0, 200_000))
  await session.write(handle, 200_000, half.subarray(200_000))
  return {
    name,
    async finish() {
      await session.write(handle, half.length, half.subarray(0, 200_000))
      await session.write(handle, half.length + 200_000, half.subarray(200_000))
      await session.close(handle)
      session.destroy()
    },
  }
}

async function halfByFtp(product: Product, name: string, tls: boolean): Promise<HalfUpload> {
  const user = { username: 'ann', password: 'ann-password', home: '' }
  const client = await FtpClient.signIn(product.ftpPort, user, { tls })
  const socket = await client.dataSocket(await client.passive())
  await client.command(`STOR ${name}`, 150)
  const stream = tls ? await client.secureData(socket) : socket
  stream.write(half)
  stream.resume()
  return {
    name,
    async finish() {
      stream.end(half)
      await client.reply(226)
      client[Symbol.dispose]()
    },
  }
}

async function halfByHttp(product: Product, name: string): Promise<HalfUpload> {
  const http = await openHttpTransfers(placeOf(product), 'ann')
  const { url, headers } = await http.beginUpload(`/${name}`, whole.length)
  const outgoing = request(url, { method: 'PATCH', headers: { ...headers, 'content-length': whole.length } })
  outgoing.on('error', () => {})
  const answered = new Promise<number>((resolve, reject) => {
    outgoing.once('response', (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    outgoing.once('close', () => reject(new Error('closed without an answer')))
  })
  answered.catch(() => undefined)
  outgoing.write(half)
  return {
    name,
    async finish() {
      outgoing.end(half)
      assert.equal(await answered, 204)
    },
  }
}

function isClosed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(true))
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
  })
}
