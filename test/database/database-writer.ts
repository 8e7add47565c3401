/** A process that writes until it is killed, or as often as it is told; says on stdout what was confirmed to it. */
import { silentLog } from '../../src/core/log.ts'
import { openDatabase } from '../../src/database/database.ts'

const [url = '', prefix = '', count = 'for ever'] = process.argv.slice(2)

await using database = await openDatabase(url, { log: silentLog })
const last = count === 'for ever' ? Infinity : Number(count)
for (let i = 1; i <= last; i++) {
  const name = `${prefix}${i}`
  await database.folders.add({ name, mappedPath: '/srv', description: 'x'.repeat(500) })
  await database.quota.add({ kind: 'folder', name: 'shared' }, { size: 3, files: 1 }, i)
  process.stdout.write(`${name}\n`)
}
