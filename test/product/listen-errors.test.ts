import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { defaultSettings, sourceMain } from '../support/product.ts'

interface Failure {
  readonly msg: string
  readonly err: { readonly message: string }
}

/** What the log says of a start that fails. */
async function failureOf(env: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'listen-'))
  const main = process.env['PRODUCT_MAIN'] ?? sourceMain
  const child = spawn(process.execPath, [main], {
    env: { ...defaultSettings(directory), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    for await (const line of createInterface(child.stdout)) {
      const { msg, err } = JSON.parse(line) as Failure
      assert.notEqual(msg, 'ready')
      if (msg === 'start failed') return err.message
    }
    return assert.fail('the log does not say why')
  } finally {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
    await rm(directory, { recursive: true, force: true })
  }
}

test('an address that the machine does not have is told with its setting', async () => {
  assert.match(await failureOf({ LISTEN_HOST: '192.0.2.1' }), /^LISTEN_HOST: "192\.0\.2\.1" is no address/)
})
