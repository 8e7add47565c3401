import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backupNameAt, isBackupName, readBackupName } from './backup-name.ts'

const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

test('a name tells when a backup was made, why, and whether it is encrypted', () => {
  for (const isScheduled of [true, false])
    for (const isEncrypted of [true, false])
      for (const attempt of [1, 2]) {
        const name = backupNameAt(now, { isScheduled, isEncrypted }, attempt)
        assert.ok(isBackupName(name), name)
        const createdAt = now - (now % 1000)
        assert.deepEqual(readBackupName(name), { createdAt, isScheduled, isEncrypted })
      }
  assert.equal(
    backupNameAt(now, { isScheduled: true, isEncrypted: true }, 3),
    'sftpgo-20260102-030405-3-scheduled.json.enc',
  )
})

test('a file that somebody else named is neither scheduled nor dated', () => {
  for (const name of ['before-update.json', 'my-scheduled.json', 'sftpgo-2026-scheduled.json'])
    assert.deepEqual(readBackupName(name), { createdAt: undefined, isScheduled: false, isEncrypted: false })
})

test('a path, a hidden file and a file of another kind are no backup', () => {
  for (const name of [
    '',
    '.json',
    '../a.json',
    'a/b.json',
    '.a.json',
    'a.txt',
    'a.json ',
    'ä.json',
    'a.json\n',
  ])
    assert.ok(!isBackupName(name), name)
  assert.ok(!isBackupName(`${'x'.repeat(255)}.json`))
  assert.ok(isBackupName('a..b.json'))
})
