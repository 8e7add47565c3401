import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { scp } from '../support/clients/openssh.ts'
import { openProtocolWorld } from '../support/protocol-world.ts'

const lanes = 4
const filesPerLane = 8
/** More than one trip to the disk, so that there is an order to keep. */
const [minBytes, maxBytes] = [600_000, 6_000_000]

// scp of OpenSSH 9.2 writes in place and cuts a file off behind the first answer that came out of order.
test('scp moves files whole in both directions while others do', { timeout: 120_000 }, async () => {
  await using world = await openProtocolWorld('sftp')
  const target = await world.target('bob')
  const keys = [(await readFile(`${target.keyFile}.pub`, 'utf8')).trim()]
  await world.product.addUser('bob', { password: target.password, public_keys: keys })
  const client = scp('-s')(target)
  async function runLane(lane: number): Promise<void> {
    for (let i = 0; i < filesPerLane; i++) {
      const bytes = randomBytes(randomInt(minBytes, maxBytes))
      const local = join(target.scratch, `lane-${lane}`)
      await writeFile(local, bytes)
      assert.ok((await client.put(local, `/lane-${lane}`)).isOk)
      assert.ok(
        bytes.equals(await readFile(join(world.product.homeOf('bob'), `lane-${lane}`))),
        'upload is whole',
      )
      assert.ok((await client.get(`/lane-${lane}`, `${local}.back`)).isOk)
      assert.ok(bytes.equals(await readFile(`${local}.back`)), 'download is whole')
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)))
})
