import { mkdir, open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, type Dialect } from 'kysely'
import { FileServerError } from '../core/errors.ts'
import type { Engine } from './engine.ts'
import { SqliteDriver } from './sqlite-driver.ts'

/** How long a statement waits for another process's write: a request may hang only so long. */
const maxBusyMs = { requests: 3_000, migrations: 60_000 } as const

/** Of `sqlite:/path/file.db`, `sqlite:///path/file.db` or a plain path; '' when there is none. */
export function sqlitePathOf(url: string): string {
  const path = url.replace(/^sqlite:(\/\/(?=\/))?/i, '')
  return path === '' ? '' : resolve(path)
}

/** The embedded database: one file, readable by its owner alone. Its directory is made when missing. */
export function sqliteEngine(path: string): Engine {
  return {
    name: 'sqlite',
    createDialect: (purpose) => sqliteDialect(path, maxBusyMs[purpose]),
    prepare: () => makeFile(path),
    // Every transaction of SqliteDriver holds the one write lock of the file from its start.
    lockMigrations: async () => {},
  }
}

function sqliteDialect(path: string, busyMs: number): Dialect {
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => new SqliteDriver(path, busyMs),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** SQLite rolls back DDL like any other statement, so a migration is applied whole or not at all. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/** SQLite gives its -wal and -shm files the mode of the database, so this one mode protects all three. */
async function makeFile(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await (await open(path, 'a', 0o600)).close()
  } catch (cause) {
    throw new FileServerError('storage-failure', `The database file ${path} cannot be opened for writing`, {
      cause,
    })
  }
}
