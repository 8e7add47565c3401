import type { Dialect } from 'kysely'
import type { Db } from './schema.ts'

/** Migrations may wait for another process and run long; requests may not. */
export type Purpose = 'requests' | 'migrations'

export type EngineName = 'sqlite' | 'postgres'

/** All that differs between the databases; the repositories are written once. */
export interface Engine {
  readonly name: EngineName
  createDialect(purpose: Purpose): Dialect
  /** Makes the database ready for its first query: the file, its directory, its encoding. */
  prepare(db: Db): Promise<void>
  /** Inside a transaction: holds off every other process that migrates until the transaction ends. */
  lockMigrations(db: Db): Promise<void>
}
