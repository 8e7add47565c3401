import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProduct } from '../support/product.ts'
import { waitUntil } from '../support/wait-until.ts'
import { FtpClient, gone } from '../protocols/ftp/ftp-client.ts'

test('a server ends after a client went away that had sent all of an upload but not seen it stored', async () => {
  await using product = await startProduct()
  // In kilobytes per second: the first write takes longer than the test.
  await product.addUser('ann', { upload_bandwidth: 1 })
  const user = { username: 'ann', password: 'ann-password', home: product.homeOf('ann') }
  using client = await FtpClient.signIn(product.ftpPort, user)
  const data = await client.dataSocket(await client.passive())
  await client.command('STOR file', 150)
  data.write(Buffer.alloc(100_000))
  await waitUntil('a write under way', async () => {
    const { body } = await product.api('GET', '/connections')
    const [session] = body as { active_transfers: { size: number }[] }[]
    return (session?.active_transfers[0]?.size ?? 0) > 0
  })
  data.end(Buffer.alloc(100_000))
  await gone(data)
  client.socket.destroy()
  await waitUntil('no session', async () => {
    const { body } = await product.api('GET', '/connections')
    return (body as unknown[]).length === 0
  })
  assert.equal(await product.stop(), 0)
})
