import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEntry, AuditFilter } from '../../src/core/events/audit-record.ts'
import type { Database } from '../../src/database/database.ts'
import { difficultNames, rejectsWith, type OpenWorld } from './repository-world.ts'

const plain: AuditEntry = {
  at: 1_900_000_000_001,
  action: 'upload',
  username: 'ann',
  protocol: 'SFTP',
  connectionId: 'SFTP_1',
  remoteAddress: '10.1.2.3',
  path: '/in/a.txt',
  target: '',
  bytes: 6_000_000_000_000,
  durationMs: 12,
  detail: '',
}

function entry(fields: Partial<AuditEntry>): AuditEntry {
  return { ...plain, ...fields }
}

async function pathsOf(database: Database, filter: AuditFilter, beforeId?: number, limit = 1000) {
  const page = beforeId === undefined ? { limit } : { limit, beforeId }
  return (await database.audit.search(filter, page)).map(({ path }) => path)
}

export function auditRepositoryContract(openWorld: OpenWorld): void {
  test('gives back records as they were added, the newest first', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const second = entry({ action: 'rename', path: '/a', target: '/b', detail: 'why', protocol: 'FTP' })
    await database.audit.add([plain, second])
    const found = await database.audit.search({}, { limit: 10 })
    assert.deepEqual(
      found.map(({ id: _id, ...rest }) => rest),
      [second, plain],
    )
    assert.ok((found[0]?.id ?? 0) > (found[1]?.id ?? 0))
    await database.audit.add([])
    assert.equal(await world.countRows('audit_records'), 2)
  })

  test('finds by each filter and by all of them at once', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.audit.add([
      entry({ path: '/1' }),
      entry({ path: '/2', username: 'Ann' }),
      entry({ path: '/3', protocol: 'FTP', action: 'download' }),
      entry({ path: '/4', at: 1000, action: 'delete' }),
      entry({ path: '/5', at: 2000, action: 'rename', target: '/Next' }),
    ])
    const find = (filter: AuditFilter) => pathsOf(database, filter)
    assert.deepEqual(await find({}), ['/5', '/4', '/3', '/2', '/1'])
    assert.deepEqual(await find({ username: 'Ann' }), ['/2'])
    assert.deepEqual(await find({ protocol: 'FTP' }), ['/3'])
    assert.deepEqual(await find({ actions: ['download', 'delete'] }), ['/4', '/3'])
    assert.deepEqual(await find({ actions: [] }), ['/5', '/4', '/3', '/2', '/1'])
    assert.deepEqual(await find({ from: 1000, to: 2000 }), ['/4'])
    assert.deepEqual(await find({ from: 1001, to: 2001 }), ['/5'])
    assert.deepEqual(await find({ path: 'nEXT' }), ['/5'])
    assert.deepEqual(
      await find({ username: 'ann', protocol: 'SFTP', actions: ['rename'], path: '/', from: 1, to: 3000 }),
      ['/5'],
    )
    assert.deepEqual(await find({ username: 'ann\0' }), [])
    assert.deepEqual(await find({ path: '\ud800' }), [])
    await rejectsWith(find({ path: 'x'.repeat(100_000) }), 'invalid-argument')
  })

  test('looks for parts of a path ignoring case, and takes no character for a wildcard', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.audit.add(difficultNames.map((name) => entry({ path: `/in/${name}/x`, username: name })))
    for (const name of difficultNames) {
      const found = await pathsOf(database, { path: `/${name.toUpperCase()}/` })
      assert.ok(found.includes(`/in/${name}/x`), name)
      assert.deepEqual(await pathsOf(database, { username: name }), [`/in/${name}/x`])
    }
    assert.deepEqual(await pathsOf(database, { path: '100_' }), [])
    assert.deepEqual(await pathsOf(database, { path: '%' }), ['/in/100%_sure/x'])
  })

  test('goes through more records than one statement looks at, page by page, without a gap', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    const all = Array.from({ length: 5_000 }, (_, i) =>
      entry({ path: `/${i}`, username: i % 1000 === 0 ? 'rare' : 'ann' }),
    )
    for (let i = 0; i < all.length; i += 1000) await database.audit.add(all.slice(i, i + 1000))
    assert.deepEqual(await pathsOf(database, { username: 'rare' }), [
      '/4000',
      '/3000',
      '/2000',
      '/1000',
      '/0',
    ])
    assert.deepEqual(await pathsOf(database, { path: '/4' }, undefined, 3), ['/4999', '/4998', '/4997'])
    const seen: string[] = []
    for (let beforeId: number | undefined; ;) {
      const page = beforeId === undefined ? { limit: 777 } : { limit: 777, beforeId }
      const records = await database.audit.search({}, page)
      if (records.length === 0) break
      seen.push(...records.map(({ path }) => path))
      beforeId = records.at(-1)?.id
    }
    assert.deepEqual(seen, all.map(({ path }) => path).toReversed())
  })

  test('stores what clients sent, also what no text can be, and keeps the rest of the batch', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.audit.add([entry({ path: '/good' }), entry({ username: 'a\0b', path: '/\ud800/\0' })])
    const [bad, good] = await database.audit.search({}, { limit: 10 })
    assert.deepEqual([bad?.username, bad?.path, good?.path], ['a\ufffdb', '/\ufffd/\ufffd', '/good'])
    assert.deepEqual(await pathsOf(database, { username: 'a\ufffdb' }), ['/\ufffd/\ufffd'])
  })

  test('removes the oldest, no more at once than it is told', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.audit.add([30, 10, 20, 40].map((at) => entry({ at, path: `/${at}` })))
    assert.equal(await database.audit.removeBefore(40, 2), 2)
    assert.deepEqual(await pathsOf(database, {}), ['/40', '/30'])
    assert.equal(await database.audit.removeBefore(40, 2), 1)
    assert.equal(await database.audit.removeBefore(40, 2), 0)
    assert.deepEqual(await pathsOf(database, {}), ['/40'])
  })

  test('removes nothing that was written after what stays, whatever its date', async () => {
    await using world = await openWorld()
    await using database = await world.open()
    await database.audit.add([10, 900, 30, 40, 1, 50, 2].map((at) => entry({ at, path: `/${at}` })))
    assert.equal(await database.audit.removeBefore(40, 10), 2)
    assert.deepEqual(await pathsOf(database, {}), ['/2', '/50', '/1', '/40', '/900'])
    assert.equal(await database.audit.removeBefore(50, 10), 2)
    assert.deepEqual(await pathsOf(database, {}), ['/2', '/50', '/900'])
  })
}
