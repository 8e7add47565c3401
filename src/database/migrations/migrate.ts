import { Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { FileServerError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import type { Engine, EngineName } from '../engine.ts'
import type { Tables } from '../schema.ts'
import { accounts } from './0001-accounts.ts'
import { audit } from './0002-audit.ts'
import { settings } from './0003-settings.ts'
import { secondFactors } from './0004-second-factors.ts'

/** In the order of their names. What has been released is never changed; a new one is added below. */
const migrations = {
  '0001-accounts': accounts,
  '0002-audit': audit,
  '0003-settings': settings,
  '0004-second-factors': secondFactors,
} as const satisfies Record<string, (engine: EngineName) => Migration>

/** Not Kysely's names: they may belong to another program in the same PostgreSQL database. */
const migrationTable = 'sftpgo_migration'

/**
 * Brings the database to this program's version, in one transaction that one process at a time can hold.
 *
 * @throws FileServerError 'unsupported' when the database is newer than the program; 'unavailable'
 */
export async function migrate(engine: Engine, log: Log): Promise<void> {
  await using db = new Kysely<Tables>({ dialect: engine.createDialect('migrations') })
  await engine.prepare(db)
  await db.transaction().execute(async (transaction) => {
    await engine.lockMigrations(transaction)
    await refuseNewer(transaction)
    const { error, results = [] } = await createMigrator(transaction, engine.name).migrateToLatest()
    if (error !== undefined) throw fromMigration(error)
    if (results.length > 0)
      log.info(
        { engine: engine.name, migrations: results.map((result) => result.migrationName) },
        'database migrated',
      )
  })
}

function createMigrator(db: Kysely<Tables>, engine: EngineName): Migrator {
  const provided = Object.entries(migrations).map(([name, create]) => [name, create(engine)] as const)
  return new Migrator({
    db,
    provider: { getMigrations: async () => Object.fromEntries(provided) },
    migrationTableName: migrationTable,
    migrationLockTableName: `${migrationTable}_lock`,
  })
}

/** The Migrator gives errors back instead of throwing them; most come translated from the driver. */
function fromMigration(error: unknown): FileServerError {
  if (error instanceof FileServerError) return error
  return new FileServerError('storage-failure', 'The database could not be migrated', { cause: error })
}

async function refuseNewer(db: Kysely<Tables>): Promise<void> {
  const tables = await db.introspection.getTables()
  if (!tables.some((table) => table.name === migrationTable)) return
  const applied = await db
    .withTables<{ [migrationTable]: { name: string } }>()
    .selectFrom(migrationTable)
    .select('name')
    .execute()
  const unknown = applied.find(({ name }) => !Object.hasOwn(migrations, name))
  if (unknown)
    throw new FileServerError(
      'unsupported',
      `The database was made by a newer version of the program (it has "${unknown.name}"): ` +
        'install that version again, or restore a backup of the database made with this one',
    )
}
