import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { rcloneFlags } from '../support/clients/rclone.ts'
import { openProtocolWorld } from '../support/protocol-world.ts'
import { runProgram } from '../support/run-program.ts'

test('rclone over FTPS makes a new tree with its empty directories without a stall', async () => {
  await using world = await openProtocolWorld('ftp')
  const target = await world.target('ann')
  await world.product.addUser('ann', { password: target.password })
  const source = join(target.scratch, 'tree')
  // By eight connections it asks for one directory after the other that is not there yet, while four store files.
  await mkdir(join(source, 'files'), { recursive: true })
  await mkdir(join(source, ...Array.from({ length: 40 }, (_, depth) => `d${depth}`)), { recursive: true })
  for (let i = 0; i < 40; i++) await writeFile(join(source, 'files', `file-${i}`), `content ${i}`)
  const since = performance.now()
  const { isOk, stderr } = await runProgram(
    'rclone',
    ['sync', '--create-empty-src-dirs', source, ':ftp:tree', ...(await rcloneFlags(target, 'ftps'))],
    { timeoutMs: 50_000 },
  )
  const seconds = (performance.now() - since) / 1000
  assert.ok(isOk, stderr)
  assert.ok(seconds < 20, `${seconds} s`)
  const made = await readdir(join(world.product.homeOf('ann'), 'tree'), { recursive: true })
  assert.deepEqual(made.toSorted(), (await readdir(source, { recursive: true })).toSorted())
})
