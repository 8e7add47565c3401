import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { type Product, startProduct } from '../support/product.ts'
import { waitUntil } from '../support/wait-until.ts'

/** As devices that come back at the same moment, after their power or their line did. */
const burst = 1_500

describe('connections that come while the server is held up', { concurrency: 1 }, () => {
  let product: Product
  before(async () => (product = await startProduct()))
  after(() => product[Symbol.asyncDispose]())

  const ports: Record<string, () => number> = {
    SFTP: () => product.sftpPort,
    FTP: () => product.ftpPort,
  }
  for (const [protocol, portOf] of Object.entries(ports))
    test(`over ${protocol} wait for it by the thousand, and each is greeted`, async () => {
      await using stack = new AsyncDisposableStack()
      const port = portOf()
      const greetings: string[] = []
      product.kill('SIGSTOP')
      try {
        for (let i = 0; i < burst; i++) {
          const socket = connect(port, '127.0.0.1').on('error', () => {})
          stack.defer(() => void socket.destroy())
          socket.once('data', (bytes) => greetings.push(bytes.toString('latin1')))
        }
        await waitUntil('all in the queue', async () => (await queueOf(port)) === burst)
      } finally {
        product.kill('SIGCONT')
      }
      await waitUntil('all greeted', () => greetings.length === burst)
      assert.ok(greetings.every((text) => /^(SSH-2\.0-|220[ -])/.test(text)))
    })
})

/** Connections that the system has made and the server has not accepted, as proc_net_tcp(5) tells of a listening socket. */
async function queueOf(port: number): Promise<number> {
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = (await readFile('/proc/net/tcp', 'latin1')).split('\n').map((row) => row.trim().split(/\s+/))
  const listening = rows.find(([, local, , state]) => local === address && state === '0A')
  return Number.parseInt(listening?.[4]?.split(':')[1] ?? '', 16)
}
