import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VirtualPath } from '../../core/files/virtual-path.ts'
import { PathOrder } from './path-order.ts'

class Steps {
  readonly started: string[] = []
  readonly #order = new PathOrder()
  readonly #gates = new Map<string, () => void>()

  run(name: string, paths: readonly string[], isChange: boolean): Promise<void> {
    return this.#order.run(paths as VirtualPath[], isChange, async () => {
      this.started.push(name)
      await new Promise<void>((resolve) => this.#gates.set(name, resolve))
    })
  }

  async end(name: string): Promise<void> {
    this.#gates.get(name)?.()
    await new Promise(setImmediate)
  }
}

test('lets requests about different names, and questions about the same one, run side by side', () => {
  const steps = new Steps()
  void steps.run('stat 1', ['/a'], false)
  void steps.run('stat 2', ['/a'], false)
  void steps.run('mkdir', ['/b'], true)
  void steps.run('other', ['/ab'], true)
  assert.deepEqual(steps.started, ['stat 1', 'stat 2', 'mkdir', 'other'])
})

test('keeps the order where a name is changed, and where one name holds the other', async () => {
  const steps = new Steps()
  void steps.run('mkdir', ['/a'], true)
  void steps.run('open', ['/a/file'], true)
  void steps.run('rename', ['/a', '/z'], true)
  void steps.run('stat', ['/z'], false)
  void steps.run('free', ['/c'], true)
  assert.deepEqual(steps.started, ['mkdir', 'free'])
  await steps.end('mkdir')
  await steps.end('open')
  assert.deepEqual(steps.started, ['mkdir', 'free', 'open', 'rename'])
  await steps.end('rename')
  assert.equal(steps.started.at(-1), 'stat')
})

test('goes on after a failure, and passes it on', async () => {
  const order = new PathOrder()
  const paths = ['/a'] as VirtualPath[]
  const failed = order.run(paths, true, () => Promise.reject(new Error('no')))
  const next = order.run(paths, true, () => Promise.resolve('yes'))
  await assert.rejects(failed, /no/)
  assert.equal(await next, 'yes')
})

test('runs sixteen at a time', async () => {
  const steps = new Steps()
  for (let i = 0; i < 40; i++) void steps.run(`stat ${i}`, ['/a'], false)
  assert.equal(steps.started.length, 16)
  await steps.end('stat 3')
  assert.equal(steps.started.length, 17)
})
