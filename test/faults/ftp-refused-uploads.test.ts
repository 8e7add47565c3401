import assert from 'node:assert/strict'
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startProduct } from '../support/product.ts'
import { runProgram } from '../support/run-program.ts'
import { waitUntil } from '../support/wait-until.ts'

/** Sockets that the process has open. */
async function socketsOf(pid: number): Promise<number> {
  const directory = `/proc/${pid}/fd`
  const targets = await Promise.all(
    (await readdir(directory)).map((fd) => readlink(join(directory, fd)).catch(() => '')),
  )
  return targets.filter((target) => target.startsWith('socket:')).length
}

test('uploads that are refused leave no socket open, and the server ends when it is told to', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'refused-'))
  await using product = await startProduct()
  try {
    await product.addUser('ann', { quota_size: 100_000 })
    const local = join(scratch, 'large')
    await writeFile(local, Buffer.alloc(150_000))
    const address = `ftp://127.0.0.1:${product.ftpPort}`
    const upload = (n: number) =>
      runProgram('curl', ['-sS', '-u', 'ann:ann-password', '-T', local, `${address}/large-${n}`])
    await upload(0)
    const before = await socketsOf(product.pid)
    for (let n = 1; n <= 20; n++) assert.equal((await upload(n)).isOk, false)
    await waitUntil('no more sockets than before', async () => (await socketsOf(product.pid)) <= before)
    assert.equal(await product.stop(), 0)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
})
