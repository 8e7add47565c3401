import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { type Addresses, defaultSettings, nodeOptions, sourceMain } from '../support/product.ts'

interface Line {
  readonly msg: string
  readonly time: number
  readonly lines?: number
  readonly addresses?: Addresses
}

/** Requests whose lines are more than a pipe and what waits behind it hold. */
const requests = 8_000

test('who reads the log and stops to, holds up neither a request nor the stop of the server', async () => {
  await using product = await startOnPipe()
  const url = `http://${product.addresses.http}`
  // Long names make long lines, which are told at this level.
  const path = `${url}/${'x'.repeat(700)}`
  for (let sent = 0; sent < requests; sent += 50)
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const answer = await fetch(path, { signal: AbortSignal.timeout(20_000) })
        await answer.arrayBuffer()
      }),
    )
  assert.equal((await fetch(`${url}/healthz`)).status, 200)

  const told = await product.readUntil(({ msg }) => msg === 'log lines lost')
  const lost = told.find(({ msg }) => msg === 'log lines lost')?.lines ?? 0
  const kept = told.filter(({ msg }) => msg === 'http request').length
  assert.ok(kept > 1_000 && lost > 0 && kept + lost >= requests, `${kept} kept, ${lost} lost`)
  assert.deepEqual(
    told.map(({ time }) => time),
    told.map(({ time }) => time).toSorted((a, b) => a - b),
  )

  for (let sent = 0; sent < 300; sent++) await (await fetch(path)).arrayBuffer()
  assert.equal(await product.stop(), 0)
})

/** The product with a pipe for its log that is read only when somebody asks. */
async function startOnPipe() {
  const directory = await mkdtemp(join(tmpdir(), 'log-reader-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  const pipe = join(directory, 'log')
  execFileSync('mkfifo', [pipe])
  // Opened for both: neither end waits for the other.
  await using writing = await open(pipe, 'r+')
  const child: ChildProcess = spawn(
    process.execPath,
    [...nodeOptions, process.env['PRODUCT_MAIN'] ?? sourceMain],
    {
      env: { ...defaultSettings(directory), LOG_LEVEL: 'debug' },
      stdio: ['ignore', writing.fd, 'inherit'],
    },
  )
  const exit = once(child, 'exit')
  stack.defer(() => void child.kill('SIGKILL'))
  const lines = createInterface(createReadStream(pipe))
  stack.defer(() => lines.close())
  const readUntil = async (isLast: (line: Line) => boolean) => {
    const read: Line[] = []
    lines.resume()
    const done = Promise.withResolvers<void>()
    const onLine = (text: string) => {
      const line = JSON.parse(text) as Line
      read.push(line)
      if (isLast(line)) done.resolve()
    }
    lines.on('line', onLine)
    await done.promise
    lines.off('line', onLine).pause()
    return read
  }
  const ready = await readUntil(({ msg }) => msg === 'ready')
  const addresses = ready.at(-1)?.addresses
  assert.ok(addresses)
  const whole = stack.move()
  return {
    addresses,
    readUntil,
    async stop(): Promise<number | null> {
      child.kill('SIGTERM')
      await exit
      return child.exitCode
    },
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  }
}
