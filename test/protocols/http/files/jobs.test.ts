import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FileJob } from '../../../../src/contract/file-job.ts'
import { waitUntil } from '../../../support/wait-until.ts'
import { fieldOf, openHttpWorld } from '../http-world.ts'
import { newBrowser, signInAs, type Browser } from './browser.ts'

async function jobsOf(browser: Browser): Promise<FileJob[]> {
  return (await browser.ask('GET', '/user/jobs')) as unknown as FileJob[]
}

async function run(browser: Browser, order: object): Promise<FileJob> {
  const { id } = await browser.ask('POST', '/user/jobs', order, 202)
  return waitUntil('the job ends', async () =>
    (await jobsOf(browser)).find((job) => job.id === id && job.state !== 'running'),
  )
}

test('trees are copied, moved and deleted, and how far it went can be asked', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await mkdir(join(ann.home, 'tree/deep'), { recursive: true })
  await mkdir(join(ann.home, 'to'))
  await writeFile(join(ann.home, 'tree/deep/a'), 'content')
  const copied = await run(ann, { action: 'copy', paths: ['/tree'], target: '/to' })
  assert.deepEqual(copied, {
    ...copied,
    action: 'copy',
    state: 'done',
    done_files: 3,
    done_bytes: 7,
    failed: [],
    failed_count: 0,
  })
  assert.ok(copied.started_at <= copied.ended_at && copied.ended_at <= Date.now())
  assert.equal(await readFile(join(ann.home, 'to/tree/deep/a'), 'utf8'), 'content')
  const moved = await run(ann, { action: 'move', paths: ['/tree/deep/a'], target: '/to' })
  assert.equal(moved.state, 'done')
  const deleted = await run(ann, { action: 'delete', paths: ['/tree', '/gone', '/to/tree'] })
  assert.equal(deleted.state, 'failed')
  assert.deepEqual(deleted.failed, [
    { path: '/gone', error: 'not-found', message: deleted.failed[0]?.message ?? '' },
  ])
  assert.deepEqual((await readdir(ann.home, { recursive: true })).sort(), ['to', 'to/a'])
})

test('a job is seen by its own user in every browser, and forgotten on request', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const { id } = await run(ann, { action: 'delete', paths: ['/gone'] })
  const [again, bob] = [await signInAs(world, 'ann'), await newBrowser(world, 'bob')]
  assert.equal((await jobsOf(again))[0]?.id, id)
  assert.deepEqual(await jobsOf(bob), [])
  assert.equal((await bob.call('DELETE', `/user/jobs/${id}`)).status, 404)
  await again.ask('DELETE', `/user/jobs/${id}`)
  assert.deepEqual(await jobsOf(ann), [])
})

test('a job that is cancelled stops', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await mkdir(join(ann.home, 'many'))
  await mkdir(join(ann.home, 'to'))
  for (let i = 0; i < 500; i++) await writeFile(join(ann.home, 'many', `f${i}`), '')
  const { id } = await ann.ask('POST', '/user/jobs', { action: 'copy', paths: ['/many'], target: '/to' }, 202)
  await ann.ask('DELETE', `/user/jobs/${String(id)}`)
  const [job] = await jobsOf(ann)
  assert.equal(job?.state, 'cancelled')
  assert.ok((job?.done_files ?? 0) < 500)
  assert.ok((await readdir(join(ann.home, 'to'), { recursive: true })).length < 500)
})

test('an order that makes no sense is refused and names the input', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const cases: [object, string][] = [
    [{ action: 'copy', paths: ['/a'] }, 'target'],
    [{ action: 'copy', paths: ['a'], target: '/' }, 'paths'],
    [{ action: 'move', paths: ['/a'], target: 'b' }, 'target'],
    [{ action: 'burn', paths: ['/a'] }, 'action'],
    [{ action: 'delete', paths: [] }, 'paths'],
  ]
  for (const [order, field] of cases) {
    const answer = await ann.call('POST', '/user/jobs', order)
    assert.deepEqual([answer.status, fieldOf(answer.body, 'field')], [400, field], JSON.stringify(order))
  }
  const paths = Array.from({ length: 10_000 }, (_, i) => `/${'long'.repeat(40)}${i}`)
  assert.equal((await run(ann, { action: 'delete', paths })).failed_count, 10_000)
})
