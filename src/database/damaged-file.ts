import { FileServerError } from '../core/errors.ts'
import { sqliteResultOf } from './database-error.ts'
import { sqlitePathOf } from './sqlite.ts'

/** sqlite.org/rescode.html, primary codes. */
const corrupt = 11
const full = 13
const notADatabase = 26

/**
 * What ended a start, with the path of the database file and a way on when it was that file; anything else as it is. For the
 * log of the server alone: clients are told no path. `url` as for openDatabase().
 */
export function explainDatabaseFile(error: unknown, url: string): unknown {
  const result = error instanceof FileServerError ? sqliteResultOf(error.cause) : 0
  const problem = problemOf(result & 0xff)
  if (problem === undefined) return error
  return new FileServerError('storage-failure', `The database file ${sqlitePathOf(url)} ${problem}`, {
    cause: error,
  })
}

function problemOf(primaryCode: number): string | undefined {
  switch (primaryCode) {
    case corrupt:
    case notADatabase:
      return (
        'is damaged: put a copy of it back, or move it away with its -wal and -shm, start again ' +
        'and restore a backup in the WebAdmin'
      )
    case full:
      return 'cannot grow, its disk is full: make room there, and start again'
    default:
      return undefined
  }
}
