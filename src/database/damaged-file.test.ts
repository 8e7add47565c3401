import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FileServerError } from '../core/errors.ts'
import { explainDatabaseFile } from './damaged-file.ts'
import { fromSqliteError } from './database-error.ts'

const url = 'sqlite:/var/lib/x/file.db'
const sqliteError = (errcode: number) => Object.assign(new Error('of SQLite'), { errcode })

function told(error: unknown): string {
  const explained = explainDatabaseFile(error, url)
  assert.ok(explained instanceof FileServerError)
  assert.equal(explained.code, 'storage-failure')
  assert.equal(explained.cause, error)
  return explained.message
}

test('a file that is damaged, in whatever way SQLite says so, is named with a way on', () => {
  // SQLITE_CORRUPT, SQLITE_CORRUPT_INDEX, SQLITE_NOTADB
  for (const errcode of [11, 779, 26])
    assert.match(
      told(fromSqliteError(sqliteError(errcode))),
      /^The database file \/var\/lib\/x\/file\.db is damaged: .*restore a backup/,
    )
})

test('a full disk is told apart from damage', () => {
  assert.match(told(fromSqliteError(sqliteError(13))), /file\.db cannot grow, its disk is full: make room/)
})

test('what else ends a start is left as it is', () => {
  const others = [
    fromSqliteError(sqliteError(5)),
    fromSqliteError(new Error('without a code')),
    new FileServerError('unsupported', 'newer'),
    // The lock of the data directory, which is no database.
    new Error('cannot be locked', { cause: sqliteError(26) }),
    undefined,
  ]
  for (const error of others) assert.equal(explainDatabaseFile(error, url), error)
})
