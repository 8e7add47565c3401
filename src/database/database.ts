import { Kysely, sql } from 'kysely'
import type {
  AdminRepository,
  FolderRepository,
  QuotaRepository,
  UserRepository,
} from '../core/accounts/repositories.ts'
import type { SecondFactorRepository } from '../core/accounts/second-factor.ts'
import type { BackupRepository } from '../core/backups/backup-repository.ts'
import { FileServerError } from '../core/errors.ts'
import type { AuditRepository } from '../core/events/audit-record.ts'
import type { Log } from '../core/log.ts'
import type { SettingsRepository } from '../core/settings/settings-repository.ts'
import type { Engine, EngineName } from './engine.ts'
import { migrate } from './migrations/migrate.ts'
import { postgresEngine } from './postgres.ts'
import { SqlAdminRepository } from './repositories/sql-admin-repository.ts'
import { SqlAuditRepository } from './repositories/sql-audit-repository.ts'
import { SqlBackupRepository } from './repositories/sql-backup-repository.ts'
import { SqlFolderRepository } from './repositories/sql-folder-repository.ts'
import { SqlSecondFactorRepository } from './repositories/sql-second-factor-repository.ts'
import { SqlQuotaRepository } from './repositories/sql-quota-repository.ts'
import { SqlSettingsRepository } from './repositories/sql-settings-repository.ts'
import { SqlUserRepository } from './repositories/sql-user-repository.ts'
import type { Tables } from './schema.ts'
import { sqliteEngine, sqlitePathOf } from './sqlite.ts'

export interface Database extends AsyncDisposable {
  readonly engine: EngineName
  readonly users: UserRepository
  readonly folders: FolderRepository
  readonly admins: AdminRepository
  readonly secondFactors: SecondFactorRepository
  readonly quota: QuotaRepository
  readonly audit: AuditRepository
  readonly settings: SettingsRepository
  readonly backups: BackupRepository
  /** One trip to the database. @throws FileServerError 'unavailable' */
  ping(): Promise<void>
}

export interface OpenDatabaseOptions {
  readonly log: Log
  /** Gives up a server that does not answer while the database is opened. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens and migrates the database at `url`: `sqlite:/path/file.db`, a plain path, or `postgres://…`.
 *
 * @throws FileServerError 'unavailable' when it does not answer; 'unsupported' when it is newer than the program;
 * 'invalid-argument' when `url` is neither
 */
export async function openDatabase(url: string, { log, signal }: OpenDatabaseOptions): Promise<Database> {
  const engine = engineFor(url, log, signal)
  await migrate(engine, log)
  const db = new Kysely<Tables>({ dialect: engine.createDialect('requests') })
  return {
    engine: engine.name,
    users: new SqlUserRepository(db, engine.name),
    folders: new SqlFolderRepository(db),
    admins: new SqlAdminRepository(db, engine.name),
    secondFactors: new SqlSecondFactorRepository(db),
    quota: new SqlQuotaRepository(db),
    audit: new SqlAuditRepository(db),
    settings: new SqlSettingsRepository(db),
    backups: new SqlBackupRepository(db, engine.name),
    async ping() {
      await sql`select 1`.execute(db)
    },
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}

function engineFor(url: string, log: Log, signal: AbortSignal | undefined): Engine {
  const scheme = /^([a-z][a-z0-9+]+):/i.exec(url)?.[1]?.toLowerCase()
  const isPostgres = scheme === 'postgres' || scheme === 'postgresql'
  // Checked here: the error of a URL that cannot be parsed would carry it, password and all, into the log.
  if (isPostgres && URL.canParse(url)) return postgresEngine(url, log, signal)
  const path = sqlitePathOf(url)
  if (path === '' || (scheme !== undefined && scheme !== 'sqlite'))
    throw new FileServerError(
      'invalid-argument',
      'A database is sqlite:/path/file.db or postgres://user@host/name',
    )
  return sqliteEngine(path)
}
