import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { type Product, startProduct } from '../support/product.ts'
import { waitUntil } from '../support/wait-until.ts'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'

/** Each left two descriptors open. A passive port that nobody came to rests for a second. */
const rounds = 5

describe('FTP listings that no data connection takes hold no descriptor', () => {
  let product: Product
  before(async () => {
    product = await startProduct()
    await product.addUser('ann')
    await mkdir(product.homeOf('ann'), { recursive: true })
    await writeFile(join(product.homeOf('ann'), 'file'), 'content')
  })
  after(() => product[Symbol.asyncDispose]())

  const descriptors = async () => (await readdir(`/proc/${product.pid}/fd`)).length

  /** Does `listing` many times on one control connection, which stays open. */
  async function leavesNothing(listing: (client: FtpClient) => Promise<void>, tls = false): Promise<void> {
    const user = { username: 'ann', password: 'ann-password', home: product.homeOf('ann') }
    using client = await FtpClient.signIn(product.ftpPort, user, { tls })
    await listing(client)
    const before = await descriptors()
    for (let round = 0; round < rounds; round++) await listing(client)
    let seen = 0
    await waitUntil('no more descriptors than before', async () => {
      seen = await descriptors()
      return seen <= before
    }).catch(() => assert.fail(`${seen} descriptors, ${before} before`))
    const lines = await client.retrieve('LIST', { tls })
    assert.match(lines.toString(), / file\r\n$/)
  }

  for (const command of ['LIST', 'LIST /*', 'NLST', 'MLSD'])
    test(`${command} without a passive port`, () =>
      leavesNothing(async (client) => void (await client.command(command, 425))))

  test('aborted before the client has connected', () =>
    leavesNothing(async (client) => {
      await client.passive()
      await client.command('LIST', 150)
      await client.command('ABOR', 426)
      await client.reply(226)
    }))

  test('over TLS whose handshake fails', () =>
    leavesNothing(async (client) => {
      const data = await client.dataSocket(await client.passive())
      await client.command('LIST', 150)
      // The server speaks no version before 1.2.
      const versions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
      connectTls({ socket: data, rejectUnauthorized: false, ...versions }).on('error', () => {})
      await client.reply(425)
      data.destroy()
    }, true))
})
