import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseCommandLine, selectByName } from './command-line.ts'

const rows = ['sftp-down', 'sftp-small-down', 'sftp-small-up', 'ftp-down'].map((name) => ({ name }))

suite('command line of the bench', () => {
  test('without arguments everything runs three times, in memory and on disk', () => {
    const line = parseCommandLine([])
    assert.deepEqual([line.names, line.runs, line.storages], [[], 3, ['memory', 'disk']])
    assert.equal(selectByName(rows, line.names), rows)
  })

  test('a name stands for itself and for all that begin with it', () => {
    const names = (...wanted: string[]) => selectByName(rows, wanted).map(({ name }) => name)
    assert.deepEqual(names('sftp-small'), ['sftp-small-down', 'sftp-small-up'])
    assert.deepEqual(names('sftp-small-up', 'ftp'), ['sftp-small-up', 'ftp-down'])
  })

  test('what stands for nothing is refused', () => {
    assert.throws(() => selectByName(rows, ['sftp', 'smb']), /smb/)
    assert.throws(() => parseCommandLine(['--runs', '0']), /--runs 0/)
    for (const scale of ['0', '-1', 'x', '1000'])
      assert.throws(() => parseCommandLine([`--scale=${scale}`]), /--scale/)
    assert.throws(() => parseCommandLine(['--storage', 'tape']), /tape/)
    assert.throws(() => parseCommandLine(['--fast']))
  })
})
