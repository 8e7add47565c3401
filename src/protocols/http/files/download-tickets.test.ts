import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VirtualPath } from '../../../core/files/virtual-path.ts'
import { DownloadTickets } from './download-tickets.ts'

function orderOf(paths: readonly string[]) {
  return { paths: paths as readonly VirtualPath[], isArchive: true, name: 'files.zip' }
}

test('a link ends an hour after its last use', () => {
  let now = 0
  const tickets = new DownloadTickets({ clock: () => now })
  const id = tickets.issue(orderOf(['/a']))
  now = 60 * 60_000
  assert.deepEqual(tickets.use(id).paths, ['/a'])
  now *= 2
  assert.deepEqual(tickets.use(id).paths, ['/a'])
  now += 60 * 60_000 + 1
  assert.throws(() => tickets.use(id), /not valid any more/)
})

test('of too many links the one that was used longest ago goes', () => {
  const tickets = new DownloadTickets()
  const ids = Array.from({ length: 1000 }, () => tickets.issue(orderOf(['/a'])))
  tickets.use(ids[0] ?? '')
  tickets.issue(orderOf(['/b']))
  tickets.use(ids[0] ?? '')
  assert.throws(() => tickets.use(ids[1] ?? ''), /not valid any more/)
})

test('links with many paths push out earlier ones, so that all together stay small', () => {
  const tickets = new DownloadTickets()
  const ids = Array.from({ length: 5 }, (_, index) =>
    tickets.issue(orderOf(Array.from({ length: 10_000 }, () => `/${index}`.padEnd(100, 'x')))),
  )
  assert.throws(() => tickets.use(ids[0] ?? ''), /not valid any more/)
  assert.equal(tickets.use(ids[4] ?? '').paths.length, 10_000)
  const largest = tickets.issue(orderOf(Array.from({ length: 1000 }, () => '/'.padEnd(4095, 'x'))))
  assert.equal(tickets.use(largest).paths.length, 1000)
})
