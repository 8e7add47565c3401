import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls, createSecureContext } from 'node:tls'
import { makeCertificate } from '../../../test/support/certificates.ts'
import { peekClientHello } from './client-hello.ts'
import { DataConnection } from './data-connection.ts'

const { key, cert } = await makeCertificate('localhost')
const context = createSecureContext({ key, cert })
const signal = new AbortController().signal
const content = randomBytes(8 * 1024 * 1024 + 5)

async function accepted(): Promise<{ sender: Socket; raw: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sender = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [raw] = (await once(server, 'connection')) as [Socket]
  server.close()
  return { sender, raw }
}

for (const isTls of [true, false])
  test(
    `${isTls ? 'TLS' : 'in clear'}: what was looked at before and what comes while the disk is slow all arrives, in little memory`,
    { timeout: 20_000 },
    async (t) => {
      const { sender: tcp, raw } = await accepted()
      const sender = isTls ? connectTls({ socket: tcp, rejectUnauthorized: false }) : tcp
      t.after(() => [tcp, raw].forEach((socket) => socket.destroy()))
      sender.end(content)
      if (isTls) await peekClientHello(raw, signal)
      else {
        raw.resume()
        const [first] = (await once(raw, 'data')) as [Buffer]
        raw.pause()
        raw.unshift(first)
      }
      const connection = await DataConnection.open(raw, {
        direction: 'receive',
        tls: isTls ? { context, mustResume: false } : undefined,
        stallTimeoutMs: 5_000,
        signal,
      })
      const { inbox, stream } = connection
      assert.ok(inbox)
      const received: Buffer[] = []
      let most = 0
      const ended = once(stream, 'end')
      connection.hold(false)
      const isEnded = { value: false }
      void ended.then(() => (isEnded.value = true))
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        const wasEnded = isEnded.value
        const pieces = inbox.take()
        const bytes = pieces.reduce((sum, { length }) => sum + length, 0)
        most = Math.max(most, bytes)
        received.push(...pieces.map((piece) => Buffer.from(piece)))
        inbox.release()
        if (wasEnded && bytes === 0) break
      }
      connection.destroy()
      assert.ok(Buffer.concat(received).equals(content))
      assert.ok(most <= 1.5 * 1024 * 1024, `${most} bytes waited at once`)
      assert.equal(connection.isTruncated, false)
    },
  )
