import type { Kysely, SelectQueryBuilder, Selectable } from 'kysely'
import type { Folder, FolderChange, FolderSettings } from '../../core/accounts/folder.ts'
import type { FolderRepository, Page } from '../../core/accounts/repositories.ts'
import { FileServerError } from '../../core/errors.ts'
import type { Db, FoldersTable, Tables } from '../schema.ts'
import { isStorableText } from '../storable-text.ts'
import { inTransaction } from './in-transaction.ts'
import { expectRow } from './missing.ts'
import { matchesSearch, searchText } from './search.ts'
import { markUnsettled, markUsersUnsettled, usersCounting } from './unsettled-accounts.ts'

const unknownFolder = 'The folder does not exist'

type FoldersQuery = SelectQueryBuilder<Tables, 'folders', Selectable<FoldersTable>>

export class SqlFolderRepository implements FolderRepository {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async find(name: string): Promise<Folder | undefined> {
    return (await this.findAll([name]))[0]
  }

  async findAll(names: readonly string[]): Promise<readonly Folder[]> {
    const storable = names.filter(isStorableText)
    if (storable.length === 0) return []
    return selectFolders(this.#db, 'asc', (folders) => folders.where('name', 'in', storable))
  }

  async list(page: Page): Promise<readonly Folder[]> {
    const order = page.order === 'DESC' ? 'desc' : 'asc'
    return selectFolders(this.#db, order, (folders) => {
      const matching = page.search ? folders.where(matchesSearch(page.search)) : folders
      return matching.orderBy('name', order).offset(page.offset).limit(page.limit)
    })
  }

  async add(settings: FolderSettings): Promise<Folder> {
    return inTransaction(this.#db, async (transaction) => {
      const row = await transaction
        .insertInto('folders')
        .values(toColumns(settings))
        .returningAll()
        .executeTakeFirstOrThrow()
      await markUnsettled(transaction, [{ kind: 'folder', name: settings.name }])
      return toFolder(row, [])
    })
  }

  async replace(change: FolderChange): Promise<Folder> {
    const { name, mappedPath } = change
    return inTransaction(this.#db, async (transaction) => {
      const folders = new SqlFolderRepository(transaction)
      const before = await folders.find(name)
      const updated = await transaction
        .updateTable('folders')
        .set(toColumns(change))
        .where('name', '=', name)
        .executeTakeFirstOrThrow()
      expectRow(updated.numUpdatedRows, unknownFolder)
      if (mappedPath !== undefined && mappedPath !== before?.mappedPath) {
        await markUnsettled(transaction, [{ kind: 'folder', name }])
        await markUsersUnsettled(transaction, await usersCounting(transaction, name, { hiding: false }))
      }
      const folder = await folders.find(name)
      if (!folder) throw new FileServerError('not-found', unknownFolder)
      return folder
    })
  }

  async remove(name: string): Promise<void> {
    await inTransaction(this.#db, async (transaction) => {
      const counting = await usersCounting(transaction, name, { hiding: true })
      const removed = await transaction
        .deleteFrom('folders')
        .where('name', '=', name)
        .executeTakeFirstOrThrow()
      expectRow(removed.numDeletedRows, unknownFolder)
      await transaction
        .deleteFrom('unsettled_accounts')
        .where('kind', '=', 'folder')
        .where('name', '=', name)
        .execute()
      await markUsersUnsettled(transaction, counting)
    })
  }
}

function toColumns<T extends FolderChange>({ name, mappedPath, description }: T) {
  return {
    name,
    // Undefined is left out of an update.
    mapped_path: mappedPath as T['mappedPath'],
    description,
    search_text: searchText(name, description),
  }
}

async function selectFolders(
  db: Db,
  order: 'asc' | 'desc',
  narrow: (folders: FoldersQuery) => FoldersQuery,
): Promise<readonly Folder[]> {
  const rows = await db
    .selectFrom(narrow(db.selectFrom('folders').selectAll()).as('f'))
    .leftJoin('user_folders as m', 'm.folder_id', 'f.id')
    .leftJoin('users as u', 'u.id', 'm.user_id')
    .selectAll('f')
    .select('u.username')
    .orderBy('f.name', order)
    .orderBy('u.username')
    .execute()
  const byFolder = Map.groupBy(rows, (row) => row.id)
  return [...byFolder.values()].flatMap((group) => {
    const users = group.flatMap((row) => row.username ?? [])
    return group[0] ? [toFolder(group[0], users)] : []
  })
}

function toFolder(row: Selectable<FoldersTable>, users: readonly string[]): Folder {
  return {
    id: row.id,
    name: row.name,
    mappedPath: row.mapped_path,
    description: row.description,
    usedQuotaSize: row.used_quota_size,
    usedQuotaFiles: row.used_quota_files,
    lastQuotaUpdate: row.last_quota_update,
    users,
  }
}
