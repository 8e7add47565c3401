import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry } from '../../core/files/storage.ts'
import { parseVirtualPath } from '../../core/files/virtual-path.ts'
import { defaultFacts, FactFormatter, formatLong } from './ftp-listing.ts'

const modifiedAt = Date.UTC(2026, 6, 3, 4, 5, 6)
const file: Entry = {
  name: 'a file',
  type: 'file',
  size: 123,
  mode: 0o640,
  modifiedAt,
  accessedAt: modifiedAt,
  links: 1,
}
const directory: Entry = { ...file, name: 'sub', type: 'directory', mode: 0o755 }

test('a long line has the columns that clients parse', () => {
  const line = formatLong(file, modifiedAt + 1000)
  assert.match(line, /^-rw-r----- +1 ftp +ftp +123 Jul {2}3 04:05 a file$/)
  assert.match(formatLong(directory, modifiedAt), /^drwxr-xr-x /)
  assert.match(formatLong({ ...file, type: 'symlink' }, modifiedAt, '/b'), /^l.* a file -> \/b$/)
})

test('a name with a line end stays on its line', () => {
  const name = 'a\r\n-rw-r--r-- 1 b'
  assert.doesNotMatch(formatLong({ ...file, name }, modifiedAt), /[\r\n]/)
  const formatter = new FactFormatter(defaultFacts, { '/': ['*'] })
  assert.doesNotMatch(formatter.format(file, parseVirtualPath('/x'), name), /[\r\n]/)
})

test('facts tell size, time and what this user may do', () => {
  const formatter = new FactFormatter(defaultFacts, { '/': ['list', 'download'], '/sub': ['*'] })
  assert.match(
    formatter.format(file, parseVirtualPath('/a file'), 'a file'),
    /^type=file;size=123;modify=20260703040506;perm=r;unique=[\w-]+;UNIX\.mode=0640; a file$/,
  )
  const inside = formatter.format(file, parseVirtualPath('/sub/a file'), 'a file')
  assert.match(inside, /;perm=adfrw;/)
  const line = formatter.format(directory, parseVirtualPath('/sub'), 'sub')
  assert.match(line, /^type=dir;modify=\d+;perm=celmp;/)
})

test('facts that were not asked for are left out', () => {
  const formatter = new FactFormatter(new Set(['size']), { '/': ['*'] })
  assert.equal(formatter.format(file, parseVirtualPath('/a'), 'a'), 'size=123; a')
  assert.equal(new FactFormatter(new Set(), {}).format(file, parseVirtualPath('/a'), 'a'), ' a')
})

test('two names of one file have one unique fact, two files have two', () => {
  const formatter = new FactFormatter(new Set(['unique']), {})
  const of = (path: string, device: number, number: number) =>
    formatter.format({ ...file, identity: { device, file: number } }, parseVirtualPath(path), '')
  assert.equal(of('/a', 1, 23), of('/b', 1, 23))
  assert.notEqual(of('/a', 1, 23), of('/a', 12, 3))
})

test('an entry of a directory is shown as it is by its path', () => {
  const formatter = new FactFormatter(defaultFacts, { '/': ['list', 'download'], '/sub': ['*'] })
  for (const [parent, path] of [
    ['/', '/sub'],
    ['/sub', '/sub/sub'],
  ] as const)
    for (const entry of [directory, { ...file, name: 'sub' }])
      assert.equal(
        formatter.formatIn(parseVirtualPath(parent), entry, 'sub'),
        formatter.format(entry, parseVirtualPath(path), 'sub'),
      )
})

test('two paths have two unique facts, one path has one', () => {
  const formatter = new FactFormatter(new Set(['unique']), {})
  const of = (path: string) => formatter.format(file, parseVirtualPath(path), '')
  assert.equal(of('/a'), of('/a'))
  assert.notEqual(of('/a'), of('/b'))
})
