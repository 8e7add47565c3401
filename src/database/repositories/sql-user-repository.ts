import { type Kysely, type SelectQueryBuilder, type Selectable } from 'kysely'
import { accountsToCount } from '../../core/accounts/counted-places.ts'
import type { Page, UserRepository } from '../../core/accounts/repositories.ts'
import type { FolderMount, User, UserChange, UserSettings } from '../../core/accounts/user.ts'
import { FileServerError } from '../../core/errors.ts'
import type { VirtualPath } from '../../core/files/virtual-path.ts'
import type { EngineName } from '../engine.ts'
import type { Db, Tables, UsersTable } from '../schema.ts'
import { isStorableText } from '../storable-text.ts'
import { inTransaction } from './in-transaction.ts'
import { expectRow } from './missing.ts'
import { matchesSearch } from './search.ts'
import { markUnsettled } from './unsettled-accounts.ts'
import { toUser, toUserColumns } from './user-row.ts'

const unknownUser = 'The user does not exist'

type UsersQuery = SelectQueryBuilder<Tables, 'users', Selectable<UsersTable>>

export class SqlUserRepository implements UserRepository {
  readonly #db: Kysely<Tables>
  readonly #engine: EngineName

  constructor(db: Kysely<Tables>, engine: EngineName) {
    this.#db = db
    this.#engine = engine
  }

  async find(username: string): Promise<User | undefined> {
    return isStorableText(username) ? findUser(this.#db, username) : undefined
  }

  async list(page: Page): Promise<readonly User[]> {
    const order = page.order === 'DESC' ? 'desc' : 'asc'
    return selectUsers(this.#db, order, (users) => {
      const matching = page.search ? users.where(matchesSearch(page.search)) : users
      return matching.orderBy('username', order).offset(page.offset).limit(page.limit)
    })
  }

  async count(): Promise<number> {
    const query = this.#db.selectFrom('users').select((eb) => eb.fn.countAll<number>().as('count'))
    return (await query.executeTakeFirstOrThrow()).count
  }

  async add(settings: UserSettings, now: number): Promise<User> {
    refuseDoubleMounts(settings.folders)
    return inTransaction(this.#db, async (transaction) => {
      const folderIds = await this.#lockFolders(transaction, settings.folders)
      const times = {
        created_at: now,
        updated_at: now,
        last_password_change: settings.passwordHash === '' ? 0 : now,
      }
      const { id } = await transaction
        .insertInto('users')
        .values({ ...toUserColumns(settings), ...times })
        .returning('id')
        .executeTakeFirstOrThrow()
      await insertMounts(transaction, id, settings.folders, folderIds)
      await markUnsettled(transaction, accountsToCount(undefined, settings))
      return getUser(transaction, settings.username)
    })
  }

  async replace(
    change: UserChange,
    now: number,
    lastUpdate?: number,
  ): Promise<{ before: User; after: User }> {
    refuseDoubleMounts(change.folders)
    return inTransaction(this.#db, async (transaction) => {
      const folderIds = await this.#lockFolders(transaction, change.folders)
      const before = await this.#lockUser(transaction, change.username)
      if (lastUpdate !== undefined && lastUpdate !== before.updatedAt)
        throw new FileServerError('busy', 'The user was changed meanwhile')
      const { status = before.status, passwordHash = before.passwordHash } = change
      const isSame = passwordHash === before.passwordHash
      await transaction
        .updateTable('users')
        .set({
          ...toUserColumns({ ...change, status, passwordHash }),
          updated_at: now,
          last_password_change: isSame ? before.lastPasswordChange : now,
        })
        .where('id', '=', before.id)
        .execute()
      await transaction.deleteFrom('user_folders').where('user_id', '=', before.id).execute()
      await insertMounts(transaction, before.id, change.folders, folderIds)
      await markUnsettled(transaction, accountsToCount(before, change))
      return { before, after: await getUser(transaction, change.username) }
    })
  }

  async changePassword(username: string, from: string, to: string, now: number): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('users')
      .set({ password_hash: to, last_password_change: now, updated_at: now })
      .where('username', '=', username)
      .where('password_hash', '=', from)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows > 0n) return
    await getUser(this.#db, username)
    throw new FileServerError('busy', 'The password was changed at the same time')
  }

  async changePublicKeys(
    username: string,
    publicKeys: readonly string[],
    now: number,
    expected?: readonly string[],
  ): Promise<void> {
    const update = this.#db
      .updateTable('users')
      .set({ public_keys: JSON.stringify(publicKeys), updated_at: now })
      .where('username', '=', username)
    const query = expected ? update.where('public_keys', '=', JSON.stringify(expected)) : update
    if ((await query.executeTakeFirstOrThrow()).numUpdatedRows > 0n) return
    await getUser(this.#db, username)
    throw new FileServerError('busy', 'The keys were changed meanwhile')
  }

  async remove(username: string): Promise<void> {
    await inTransaction(this.#db, async (transaction) => {
      const removed = await transaction
        .deleteFrom('users')
        .where('username', '=', username)
        .executeTakeFirstOrThrow()
      expectRow(removed.numDeletedRows, unknownUser)
      await transaction
        .deleteFrom('unsettled_accounts')
        .where('kind', '=', 'user')
        .where('name', '=', username)
        .execute()
    })
  }

  async recordLogin(username: string, now: number): Promise<void> {
    const query = this.#db.updateTable('users').set({ last_login: now }).where('username', '=', username)
    expectRow((await query.executeTakeFirstOrThrow()).numUpdatedRows, unknownUser)
  }

  /** The user, held against every change until the transaction ends; one of SQLite holds all from its beginning. */
  async #lockUser(db: Db, username: string): Promise<User> {
    if (this.#engine === 'postgres')
      await db.selectFrom('users').select('id').where('username', '=', username).forNoKeyUpdate().execute()
    return getUser(db, username)
  }

  /**
   * The ids of the mounted folders, held against removal until the transaction ends. Folders are always locked
   * before the user's row, as the removal of a folder does: the other order would be a deadlock.
   */
  async #lockFolders(db: Db, mounts: readonly FolderMount[]): Promise<ReadonlyMap<string, number>> {
    if (mounts.length === 0) return new Map()
    const names = mounts.map((mount) => mount.folderName)
    const query = db.selectFrom('folders').select(['id', 'name']).where('name', 'in', names).orderBy('name')
    const rows = await (this.#engine === 'postgres' ? query.forKeyShare() : query).execute()
    const ids = new Map(rows.map((row) => [row.name, row.id]))
    const missing = names.find((name) => !ids.has(name))
    if (missing !== undefined)
      throw new FileServerError('not-found', `The folder "${missing}" does not exist`)
    return ids
  }
}

function refuseDoubleMounts(mounts: readonly FolderMount[]): void {
  const names = new Set(mounts.map((mount) => mount.folderName))
  const paths = new Set(mounts.map((mount) => mount.virtualPath))
  if (names.size < mounts.length || paths.size < mounts.length)
    throw new FileServerError('invalid-argument', 'A folder or a path is mounted twice', { field: 'folders' })
}

async function insertMounts(
  db: Db,
  userId: number,
  mounts: readonly FolderMount[],
  folderIds: ReadonlyMap<string, number>,
): Promise<void> {
  const rows = mounts.map((mount, position) => ({
    user_id: userId,
    folder_id: folderIds.get(mount.folderName) ?? 0,
    position,
    virtual_path: mount.virtualPath,
    quota_size: mount.quotaSize,
    quota_files: mount.quotaFiles,
  }))
  if (rows.length > 0) await db.insertInto('user_folders').values(rows).execute()
}

async function findUser(db: Db, username: string): Promise<User | undefined> {
  return (await selectUsers(db, 'asc', (users) => users.where('username', '=', username)))[0]
}

async function getUser(db: Db, username: string): Promise<User> {
  const user = await findUser(db, username)
  if (!user) throw new FileServerError('not-found', unknownUser)
  return user
}

/** Users and their mounts in one statement: two could see a user before and after a change, and mix both. */
async function selectUsers(
  db: Db,
  order: 'asc' | 'desc',
  narrow: (users: UsersQuery) => UsersQuery,
): Promise<readonly User[]> {
  const rows = await db
    .selectFrom(narrow(db.selectFrom('users').selectAll()).as('u'))
    .leftJoin('user_folders as m', 'm.user_id', 'u.id')
    .leftJoin('folders as f', 'f.id', 'm.folder_id')
    .selectAll('u')
    .select(['f.name as folder_name', 'm.virtual_path'])
    .select(['m.quota_size as mount_quota_size', 'm.quota_files as mount_quota_files'])
    .orderBy('u.username', order)
    .orderBy('m.position')
    .execute()
  const byUser = Map.groupBy(rows, (row) => row.id)
  return [...byUser.values()].flatMap(([first, ...rest]) =>
    first ? [toUser(first, [first, ...rest].flatMap(toMount))] : [],
  )
}

interface MountRow {
  readonly folder_name: string | null
  readonly virtual_path: string | null
  readonly mount_quota_size: number | null
  readonly mount_quota_files: number | null
}

/** The columns are null, all of them, for a user without mounts. */
function toMount(row: MountRow): FolderMount[] {
  if (row.folder_name === null || row.virtual_path === null) return []
  return [
    {
      folderName: row.folder_name,
      virtualPath: row.virtual_path as VirtualPath,
      quotaSize: row.mount_quota_size ?? 0,
      quotaFiles: row.mount_quota_files ?? 0,
    },
  ]
}
