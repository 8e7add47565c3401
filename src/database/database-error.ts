import { DatabaseError } from 'pg'
import { FileServerError, type ErrorCode } from '../core/errors.ts'

const messages = {
  'already-exists': 'The name is already taken',
  'not-found': 'What it refers to does not exist',
  unavailable: 'The database does not answer, try again later',
  'storage-failure': 'The database could not do it',
} as const satisfies Partial<Record<ErrorCode, string>>

type DatabaseErrorCode = keyof typeof messages

/** Turns what a driver threw into a FileServerError; the original is its cause. */
export function toDatabaseError(code: DatabaseErrorCode, cause: unknown): FileServerError {
  return new FileServerError(code, messages[code], { cause })
}

/**
 * PostgreSQL, Appendix A "Error Codes". Everything that is not an answer of the server is a connection that was
 * refused, lost or too slow: pg has no codes for most of these, so the kind of error decides, never its text.
 */
export function fromPostgresError(error: unknown): FileServerError {
  if (error instanceof FileServerError) return error
  if (error instanceof DatabaseError) return toDatabaseError(codeOfSqlState(error.code ?? ''), error)
  const isOurMistake = error instanceof TypeError || error instanceof RangeError
  return toDatabaseError(isOurMistake ? 'storage-failure' : 'unavailable', error)
}

const sqlStates: Readonly<Record<string, DatabaseErrorCode>> = {
  '23505': 'already-exists', // unique_violation
  '23503': 'not-found', // foreign_key_violation
  '40001': 'unavailable', // serialization_failure
  '40P01': 'unavailable', // deadlock_detected
  '55P03': 'unavailable', // lock_not_available
  '25P03': 'unavailable', // idle_in_transaction_session_timeout
  '25006': 'unavailable', // read_only_sql_transaction: a standby before its promotion
}

/** 08 connection exception, 53 insufficient resources, 57 operator intervention (also statement_timeout). */
const unavailableClasses = new Set(['08', '53', '57'])

function codeOfSqlState(state: string): DatabaseErrorCode {
  return sqlStates[state] ?? (unavailableClasses.has(state.slice(0, 2)) ? 'unavailable' : 'storage-failure')
}

/** sqlite.org/rescode.html */
export function fromSqliteError(error: unknown): FileServerError {
  if (error instanceof FileServerError) return error
  return toDatabaseError(
    isSqliteBusy(error) ? 'unavailable' : codeOfSqliteResult(sqliteResultOf(error)),
    error,
  )
}

const sqliteBusy = 5
const sqliteLocked = 6

/** Another process holds the lock; the statement had no effect and may be run again. */
export function isSqliteBusy(error: unknown): boolean {
  const primaryCode = sqliteResultOf(error) & 0xff
  return primaryCode === sqliteBusy || primaryCode === sqliteLocked
}

function codeOfSqliteResult(extendedCode: number): DatabaseErrorCode {
  switch (extendedCode) {
    case 1555: // SQLITE_CONSTRAINT_PRIMARYKEY
    case 2067: // SQLITE_CONSTRAINT_UNIQUE
      return 'already-exists'
    case 787: // SQLITE_CONSTRAINT_FOREIGNKEY
      return 'not-found'
    default:
      return 'storage-failure'
  }
}

/** The extended result code; 0 when it is no error of SQLite. */
export function sqliteResultOf(error: unknown): number {
  const isResult = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
  return isResult ? (error.errcode as number) : 0
}
