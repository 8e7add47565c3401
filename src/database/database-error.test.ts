import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatabaseError } from 'pg'
import { FileServerError } from '../core/errors.ts'
import { fromPostgresError, fromSqliteError } from './database-error.ts'

const sqlState = (code: string): DatabaseError => Object.assign(new DatabaseError('', 0, 'error'), { code })
const sqliteResult = (errcode: number): Error =>
  Object.assign(new Error(), { code: 'ERR_SQLITE_ERROR', errcode })

test('tells the errors of PostgreSQL apart by SQLSTATE', () => {
  const codes = {
    '23505': 'already-exists',
    '23503': 'not-found',
    '08006': 'unavailable', // connection_failure
    '53300': 'unavailable', // too_many_connections
    '57014': 'unavailable', // query_canceled, by statement_timeout
    '57P01': 'unavailable', // admin_shutdown
    '57P03': 'unavailable', // cannot_connect_now
    '40P01': 'unavailable',
    '28P01': 'storage-failure', // invalid_password: trying again does not help
    '42P01': 'storage-failure', // undefined_table
  }
  for (const [state, code] of Object.entries(codes))
    assert.equal(fromPostgresError(sqlState(state)).code, code, state)
})

test('takes an error of the connection for an absent database, and one of ours for a failure', () => {
  const refused = Object.assign(new Error(), { code: 'ECONNREFUSED' })
  assert.equal(fromPostgresError(refused).code, 'unavailable')
  assert.equal(fromPostgresError(new Error('Connection terminated unexpectedly')).code, 'unavailable')
  assert.equal(fromPostgresError(new TypeError()).code, 'storage-failure')
})

test('tells the errors of SQLite apart by extended result code', () => {
  const codes = {
    5: 'unavailable', // SQLITE_BUSY
    261: 'unavailable', // SQLITE_BUSY_RECOVERY
    6: 'unavailable', // SQLITE_LOCKED
    2067: 'already-exists',
    1555: 'already-exists',
    787: 'not-found',
    275: 'storage-failure', // SQLITE_CONSTRAINT_CHECK
    13: 'storage-failure', // SQLITE_FULL
    11: 'storage-failure', // SQLITE_CORRUPT
  }
  for (const [result, code] of Object.entries(codes))
    assert.equal(fromSqliteError(sqliteResult(Number(result))).code, code, result)
})

test('shows a client nothing of the database, keeps the cause, and translates once', () => {
  const cause = Object.assign(sqlState('23505'), { detail: 'Key (username)=(ann) already exists.' })
  const translated = fromPostgresError(cause)
  assert.equal(translated.cause, cause)
  assert.doesNotMatch(translated.message, /ann|username/)
  for (const translate of [fromPostgresError, fromSqliteError])
    assert.equal(translate(translated), translated)
  assert.ok(fromSqliteError('thrown text') instanceof FileServerError)
})
