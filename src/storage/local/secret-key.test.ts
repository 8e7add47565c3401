import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../core/log.ts'
import { loadSecretKey } from './secret-key.ts'

test('the key is made once, for its owner alone, also when several ask at the same time', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'secret-key-'))
  try {
    const keys = await Promise.all(Array.from({ length: 4 }, () => loadSecretKey(directory, silentLog)))
    for (const key of [...keys, await loadSecretKey(directory, silentLog)]) assert.deepEqual(key, keys[0])
    assert.equal(keys[0]?.length, 32)
    assert.deepEqual(await readdir(directory), ['secret.key'])
    assert.equal((await stat(join(directory, 'secret.key'))).mode & 0o777, 0o600)
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('a file that is no key is neither used nor replaced', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'secret-key-'))
  try {
    await writeFile(join(directory, 'secret.key'), 'short')
    await assert.rejects(loadSecretKey(directory, silentLog), /secret\.key is not a key of 32 bytes/)
    assert.equal((await stat(join(directory, 'secret.key'))).size, 5)
  } finally {
    await rm(directory, { recursive: true })
  }
})
