import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { test } from 'node:test'
import { runLftp } from '../support/clients/lftp.ts'
import { openProtocolWorld } from '../support/protocol-world.ts'

test('lftp ends at once when it lists what is not there or not permitted', async () => {
  await using world = await openProtocolWorld('ftp')
  const target = await world.target('ann')
  const permissions = { '/': ['*'], '/none': ['download'] }
  await world.product.addUser('ann', { password: target.password, permissions })
  await mkdir(`${world.product.homeOf('ann')}/none`, { recursive: true })
  for (const command of ['ls missing', 'nlist missing', 'ls none', 'cls missing']) {
    const { isOk, stderr } = await runLftp(target, 'ftp', [command])
    assert.ok(!isOk, command)
    assert.match(stderr, /550/, command)
  }
})
