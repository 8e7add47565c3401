import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import { adminSettingsOf } from '../../core/accounts/admin.ts'
import type { AdminRepository, Page } from '../../core/accounts/repositories.ts'
import { userSettingsOf } from '../../core/accounts/user.ts'
import type { FactorOwner } from '../../core/accounts/second-factor.ts'
import type { BackupAdmin, BackupContent, BackupUser } from '../../core/backups/backup-document.ts'
import { backupFactorOf } from '../../core/backups/backup-factors.ts'
import type { BackupRepository } from '../../core/backups/backup-repository.ts'
import type { Replacement, RestoreSteps } from '../../core/backups/restore-plan.ts'
import { isSettingName } from '../../core/settings/setting-rules.ts'
import type { EngineName } from '../engine.ts'
import type { Tables } from '../schema.ts'
import { SqlAdminRepository } from './sql-admin-repository.ts'
import { SqlFolderRepository } from './sql-folder-repository.ts'
import { SqlSecondFactorRepository } from './sql-second-factor-repository.ts'
import { SqlSettingsRepository } from './sql-settings-repository.ts'
import { SqlUserRepository } from './sql-user-repository.ts'

const all: Page = { offset: 0, limit: 2 ** 31 - 1, order: 'ASC' }
/** SQLite answers in the same turn of the event loop: so many statements, then others have theirs. */
const statementsPerTurn = 100

export class SqlBackupRepository implements BackupRepository {
  readonly #db: Kysely<Tables>
  readonly #engine: EngineName

  constructor(db: Kysely<Tables>, engine: EngineName) {
    this.#db = db
    this.#engine = engine
  }

  read(): Promise<BackupContent> {
    return this.#alone((transaction) => readAll(this.#repositories(transaction)))
  }

  async restore(plan: (present: BackupContent) => RestoreSteps, now: number): Promise<void> {
    await this.#alone(async (transaction) => {
      const repositories = this.#repositories(transaction)
      const steps = plan(await readAll(repositories))
      await restoreFolders(repositories, steps)
      await restoreUsers(repositories, steps, now)
      await restoreAdmins(repositories, steps, now)
      const { add, replace } = steps.settings
      await repositories.settings.save(new Map<string, unknown>([...add, ...replace]))
    })
  }

  /** One moment for all reads; who changes the same rows meanwhile makes it fail, not mix. */
  #alone<T>(work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> {
    return this.#db.transaction().setIsolationLevel('repeatable read').execute(work)
  }

  #repositories(transaction: Transaction<Tables>) {
    return {
      users: new SqlUserRepository(transaction, this.#engine),
      folders: new SqlFolderRepository(transaction),
      admins: new SqlAdminRepository(transaction, this.#engine),
      factors: new SqlSecondFactorRepository(transaction),
      settings: new SqlSettingsRepository(transaction),
    }
  }
}

interface Repositories {
  readonly users: SqlUserRepository
  readonly folders: SqlFolderRepository
  readonly admins: AdminRepository
  readonly factors: SqlSecondFactorRepository
  readonly settings: SqlSettingsRepository
}

async function readAll({ users, folders, admins, settings }: Repositories): Promise<BackupContent> {
  const foundUsers = await users.list(all)
  const foundFolders = await folders.list(all)
  const foundAdmins = await admins.list(all)
  const stored = await settings.list()
  return {
    users: foundUsers.map((user) => ({ ...userSettingsOf(user), ...backupFactorOf(user) })),
    folders: foundFolders.map(({ name, mappedPath, description }) => ({ name, mappedPath, description })),
    admins: foundAdmins.map((admin) => ({ ...adminSettingsOf(admin), ...backupFactorOf(admin) })),
    settings: new Map(
      [...stored].flatMap(([name, value]) => (isSettingName(name) ? [[name, value] as const] : [])),
    ),
  }
}

/** Folders before users, as every change of both does: the other order could be a deadlock. */
async function restoreFolders({ folders }: Repositories, { folders: steps }: RestoreSteps): Promise<void> {
  await forEach(steps.remove, ({ name }) => folders.remove(name))
  await forEach(steps.replace, ({ after }) => folders.replace(after))
  await forEach(steps.add, (folder) => folders.add(folder))
}

async function restoreUsers(
  { users, factors }: Repositories,
  { users: steps }: RestoreSteps,
  now: number,
): Promise<void> {
  await forEach(steps.remove, ({ username }) => users.remove(username))
  await forEach(steps.replace, async ({ before, after }) => {
    await users.replace(after, now)
    if (before.secondFactor || after.secondFactor) await restoreFactor(factors, 'user', after, now)
  })
  await forEach(steps.add, async (user) => {
    await users.add(user, now)
    if (user.secondFactor) await restoreFactor(factors, 'user', user, now)
  })
}

async function restoreAdmins(
  { admins, factors }: Repositories,
  { admins: steps }: RestoreSteps,
  now: number,
): Promise<void> {
  await forEach(steps.remove, ({ username }) => admins.remove(username))
  await forEach(steps.replace, async (replacement) => {
    const { before, after } = replacement
    await admins.replace(after, now, endsTokens(replacement) ? {} : undefined)
    if (before.secondFactor || after.secondFactor) await restoreFactor(factors, 'admin', after, now)
  })
  await forEach(steps.add, async (admin) => {
    await admins.add(admin, now)
    if (admin.secondFactor) await restoreFactor(factors, 'admin', admin, now)
  })
}

function restoreFactor(
  factors: SqlSecondFactorRepository,
  kind: FactorOwner['kind'],
  { username, secondFactor }: BackupUser | BackupAdmin,
  now: number,
): Promise<void> {
  return factors.restore({ kind, name: username }, secondFactor, now)
}

function endsTokens({ before, after }: Replacement<BackupAdmin>): boolean {
  return (
    before.passwordHash !== after.passwordHash ||
    before.source !== after.source ||
    after.status === 'disabled'
  )
}

async function forEach<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (const [index, item] of items.entries()) {
    await work(item)
    if (index % statementsPerTurn === statementsPerTurn - 1) await nextTurn()
  }
}
