import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely'
import { fromSqliteError, isSqliteBusy } from './database-error.ts'
import { checkParameters } from './storable-text.ts'

/** SQLite's own wait for a lock stops the whole event loop, so it is short; the long wait is a timer. */
const nativeBusyMs = 10
const minRetryMs = 2
const maxRetryMs = 12
/** A lock that was last met longer ago than this is another one. */
const sameLockMs = 500

/** Compiled statements that are kept. */
const maxPrepared = 200
const isRead = /^\s*select\b/i
const isRepeated = /^\s*(select|insert|update|delete|with)\b/i

/**
 * WAL: readers and the one writer, also of other processes, do not wait for each other.
 * synchronous=FULL, not NORMAL: with NORMAL a power cut takes back the last commits, and a disabled user or a
 * changed password that was confirmed would be as before. It costs one fsync per writing transaction (0.3 ms on an
 * SSD); files are fsynced, too, and reading costs nothing.
 */
const pragmas = [
  'pragma journal_mode = wal',
  'pragma synchronous = full',
  'pragma foreign_keys = on',
  'pragma trusted_schema = off',
]

/** Kysely over node:sqlite: one connection per process, which Kysely hands out to one user at a time. */
export class SqliteDriver implements Driver {
  readonly #path: string
  readonly #busyMs: number
  #connection: SqliteConnection | undefined

  constructor(path: string, busyMs: number) {
    this.#path = path
    this.#busyMs = busyMs
  }

  async init(): Promise<void> {
    const connection = SqliteConnection.open(this.#path, this.#busyMs)
    try {
      for (const pragma of pragmas) await connection.executeQuery(CompiledQuery.raw(pragma))
    } catch (error) {
      connection.close()
      throw error
    }
    this.#connection = connection
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (!this.#connection) throw new Error('the SQLite driver is used before init()')
    return this.#connection
  }

  /**
   * IMMEDIATE: a transaction that began by reading and then writes fails at once, without waiting, when another
   * process wrote in between (SQLITE_BUSY_SNAPSHOT). Taking the write lock first makes the wait possible.
   */
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
  }

  /** A full disk has rolled back already; a second rollback would hide that error behind its own. */
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#connection?.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'))
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#connection?.close()
  }
}

interface PreparedStatement {
  readonly statement: StatementSync
  readonly hasRows: boolean
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, PreparedStatement>()
  readonly #busyMs: number
  /** Since when, and when last, somebody else's lock was met and nothing written in between. */
  #lock: { readonly since: number; seen: number } | undefined

  private constructor(database: DatabaseSync, busyMs: number) {
    this.#database = database
    this.#busyMs = busyMs
  }

  static open(path: string, busyMs: number): SqliteConnection {
    try {
      return new SqliteConnection(new DatabaseSync(path, { timeout: nativeBusyMs }), busyMs)
    } catch (error) {
      throw fromSqliteError(error)
    }
  }

  get isTransaction(): boolean {
    return this.#database.isTransaction
  }

  /**
   * Only a single statement or BEGIN IMMEDIATE can find the file locked, so running it again is harmless. All have one
   * connection: a lock that lasts is waited for once, not by each who wants to write, with everybody behind them.
   */
  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    checkParameters(query.parameters)
    for (;;) {
      try {
        const result = this.#run<R>(query)
        if (!isRead.test(query.sql)) this.#lock = undefined
        return result
      } catch (error) {
        if (!isSqliteBusy(error) || this.#hasWaited()) throw fromSqliteError(error)
      }
      await delay(minRetryMs + Math.random() * (maxRetryMs - minRetryMs))
    }
  }

  /** True when the lock that was just met has been there for as long as anybody waits. */
  #hasWaited(): boolean {
    const now = performance.now()
    if (!this.#lock || now - this.#lock.seen > sameLockMs) this.#lock = { since: now, seen: now }
    this.#lock.seen = now
    return now - this.#lock.since >= this.#busyMs
  }

  #run<R>(query: CompiledQuery): QueryResult<R> {
    const { statement, hasRows } = this.#prepare(query.sql)
    // Kysely's parameters are untyped; SQLite itself refuses a type it cannot bind.
    const parameters = query.parameters as readonly SQLInputValue[]
    if (hasRows) return { rows: statement.all(...parameters) as R[] }
    const { changes, lastInsertRowid } = statement.run(...parameters)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  /** Compiling a query takes as long as running it; SQLite compiles anew what a changed table asks for. */
  #prepare(sql: string): PreparedStatement {
    const known = this.#prepared.get(sql)
    if (known) return known
    const statement = this.#database.prepare(sql)
    const prepared = { statement, hasRows: statement.columns().length > 0 }
    if (!isRepeated.test(sql)) return prepared
    for (const [oldest] of this.#prepared) {
      if (this.#prepared.size < maxPrepared) break
      this.#prepared.delete(oldest)
    }
    this.#prepared.set(sql, prepared)
    return prepared
  }

  /** Nothing streams: every list is a page. */
  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not supported')
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }
}
