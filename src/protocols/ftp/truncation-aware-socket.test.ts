import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { makeCertificate } from '../../../test/support/certificates.ts'
import { Inbox } from './inbox.ts'
import { TruncationAwareSocket } from './truncation-aware-socket.ts'

const { key, cert } = await makeCertificate('localhost')
const secureContext = createSecureContext({ key, cert })

interface Ends {
  readonly receiver: TruncationAwareSocket
  readonly inbox: Inbox
  readonly sender: TLSSocket
  readonly senderTcp: Socket
}

async function connected(maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<Ends> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const senderTcp = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [accepted] = (await once(server, 'connection')) as [Socket]
  server.close()
  const sender = connectTls({ socket: senderTcp, rejectUnauthorized: false, maxVersion })
  const inbox = new Inbox()
  const receiver = new TruncationAwareSocket(accepted, secureContext, inbox.onRead)
  inbox.onHold = (isHeld) => (isHeld ? receiver.pause() : receiver.resume())
  for (const socket of [sender, senderTcp, receiver, accepted]) socket.on('error', () => {})
  await once(sender, 'secureConnect')
  return { receiver, inbox, sender, senderTcp }
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  for (const bytes of [0, 1, 16_384, 1_000_000])
    for (const isHeld of [false, true])
      for (const isCut of [false, true])
        test(
          `${version}, ${bytes} bytes, ${isHeld ? 'held' : 'read at once'}: ${isCut ? 'a cut is seen' : 'an end is no cut'}`,
          { timeout: 10_000 },
          async (t) => {
            const { receiver, inbox, sender, senderTcp } = await connected(version)
            t.after(() => [receiver, sender, senderTcp].forEach((socket) => socket.destroy()))
            let received = 0
            inbox.onBytes = () => {
              for (const piece of inbox.take()) received += piece.length
              inbox.release()
            }
            if (isHeld) receiver.pause()
            if (bytes > 0) await new Promise((resolve) => sender.write(Buffer.alloc(bytes), resolve))
            const ending = isCut ? senderTcp : sender
            ending.end()
            await once(ending, 'finish')
            receiver.resume()
            await once(receiver, 'end')
            assert.deepEqual([received, receiver.isTruncated], [bytes, isCut])
          },
        )
