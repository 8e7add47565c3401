import { Socket } from 'node:net'
import { PostgresAdapter, PostgresDialect, sql, type PostgresPool, type PostgresPoolClient } from 'kysely'
import { Pool, types, type PoolClient, type PoolConfig } from 'pg'
import { FileServerError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { fromPostgresError } from './database-error.ts'
import type { Engine, Purpose } from './engine.ts'
import { checkParameters } from './storable-text.ts'

/** Any constant will do, as long as every version of the program takes the same. */
const migrationLockId = 7_321_905_114

/**
 * The server stops a statement at its statement_timeout; query_timeout is for a server that is gone without a word.
 * A request that cannot be answered in this time has a client that gave up.
 */
const limits: Readonly<Record<Purpose, PoolConfig>> = {
  requests: {
    max: 10,
    statement_timeout: 15_000,
    lock_timeout: 10_000,
    query_timeout: 20_000,
    idle_in_transaction_session_timeout: 30_000,
  },
  migrations: { max: 1, statement_timeout: 600_000, lock_timeout: 120_000, query_timeout: 620_000 },
}

/**
 * A server of one's own. `url` goes to pg as it is and is never logged: it holds the password. `starting` cuts the
 * connections that migrate, what has not been committed is undone then.
 */
export function postgresEngine(url: string, log: Log, starting?: AbortSignal): Engine {
  return {
    name: 'postgres',
    createDialect: (purpose) =>
      new SingleLockPostgresDialect({ pool: guardPool(createPool(url, purpose, log, starting)) }),
    async prepare(db) {
      const { rows } = await sql<{ server_encoding: string }>`show server_encoding`.execute(db)
      if (rows[0]?.server_encoding !== 'UTF8')
        throw new FileServerError('unsupported', 'The PostgreSQL database must have the encoding UTF8')
    },
    async lockMigrations(db) {
      await sql`select pg_advisory_xact_lock(${sql.lit(migrationLockId)})`.execute(db)
    },
  }
}

function createPool(url: string, purpose: Purpose, log: Log, starting: AbortSignal | undefined): Pool {
  const pool = new Pool({
    ...limits[purpose],
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    fallback_application_name: 'sftpgo-plugin',
    types: { getTypeParser },
    ...(purpose === 'migrations' && starting && { stream: () => new Socket({ signal: starting }) }),
  })
  pool.on('error', (error) => log.warn({ err: error }, 'database connection lost'))
  // The pool listens to idle connections only: one that breaks between two statements of a transaction would end
  // the process. The next statement on it fails and tells the caller.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

const int8 = 20

/** pg gives bigint as text, because it may not fit; sizes and times do. Only for this pool: `types` is global. */
const getTypeParser = ((oid: number, format?: 'text' | 'binary') =>
  oid === int8 && format !== 'binary'
    ? parseInt8
    : types.getTypeParser(oid, format)) as typeof types.getTypeParser

function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`the number ${text} is too large`)
  return value
}

/** Translates every error where it comes in, and never gives a connection back that failed to answer. */
function guardPool(pool: Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      try {
        return guardClient(await pool.connect())
      } catch (error) {
        throw fromPostgresError(error)
      }
    },
  }
}

function guardClient(client: PoolClient): PostgresPoolClient {
  let isBroken = false
  const query = async (text: string, parameters: readonly unknown[] = []): Promise<unknown> => {
    checkParameters(parameters)
    try {
      return await client.query(text, [...parameters])
    } catch (error) {
      const translated = fromPostgresError(error)
      isBroken ||= translated.code === 'unavailable'
      throw translated
    }
  }
  return {
    // The overload for cursors is left out: nothing streams.
    query: query as PostgresPoolClient['query'],
    release: (destroy = false) => client.release(destroy || isBroken),
  }
}

/** lockMigrations() holds the lock already, and unlocking in a failed transaction would hide its error. */
class SingleLockPostgresAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

class SingleLockPostgresDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new SingleLockPostgresAdapter()
  }
}
