import assert from 'node:assert/strict'
import { mkdtemp, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startProduct } from '../support/product.ts'
import { ProductStart } from '../support/product-start.ts'

const pageBytes = 4096

describe('a database file that is damaged at the start', () => {
  const damages: readonly (readonly [string, (file: string) => Promise<void>])[] = [
    ['is no database at all', (file) => writeFile(file, 'not a database '.repeat(1000))],
    ['has pages of rubbish behind its first one', spoilPages],
  ]
  for (const [name, damage] of damages)
    test(`and ${name} is told with its path, and once it is moved away a backup brings the users back`, async () => {
      const directory = await mkdtemp(join(tmpdir(), 'damaged-'))
      try {
        const state = join(directory, 'state')
        const file = join(state, 'sftpgo-plugin.db')
        const name = await makeBackup(directory)
        await damage(file)
        {
          using start = await ProductStart.begin(directory)
          const line = await start.line('"msg":"start failed"')
          const { err } = JSON.parse(line) as { err: { message: string } }
          assert.ok(err.message.includes(`${file} is damaged`), err.message)
          assert.match(err.message, /restore a backup/)
          assert.equal(await start.end(10_000), 1)
        }
        for (const entry of await readdir(state))
          if (entry.startsWith('sftpgo-plugin.db')) await rename(join(state, entry), join(directory, entry))
        await using product = await startProduct({ directory })
        assert.equal((await product.api('GET', '/users/ann')).status, 404)
        const { status, body } = await product.api('POST', '/backups/restore', { name })
        assert.equal(status, 200, JSON.stringify(body))
        assert.equal((await product.api('GET', '/users/ann')).status, 200)
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    })
})

/** With the user ann in it. @returns its name */
async function makeBackup(directory: string): Promise<string> {
  await using product = await startProduct({ directory })
  await product.addUser('ann')
  const { status, body } = await product.api('POST', '/backups', {})
  assert.equal(status, 201, JSON.stringify(body))
  return (body as { name: string }).name
}

async function spoilPages(file: string): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    const { size } = await handle.stat()
    assert.ok(size > 2 * pageBytes)
    await handle.write(Buffer.alloc(size - pageBytes, 0xa5), 0, size - pageBytes, pageBytes)
  } finally {
    await handle.close()
  }
}
