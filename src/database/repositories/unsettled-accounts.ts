import { sql, type RawBuilder } from 'kysely'
import type { QuotaAccount } from '../../core/accounts/repositories.ts'
import type { Db } from '../schema.ts'

const namesPerStatement = 1000

/**
 * Marks accounts to be counted anew, with the change that makes their counters wrong. All of them exist. It is the last
 * that a change does: a mark waits for another transaction that set the same one.
 */
export async function markUnsettled(transaction: Db, accounts: readonly QuotaAccount[]): Promise<void> {
  const rows = accounts.map(({ kind, name }) => ({ kind, name }))
  if (rows.length === 0) return
  await transaction
    .insertInto('unsettled_accounts')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Users in whose own quota a folder counts; with `hiding`, also those whose home it hides. */
export async function usersCounting(
  db: Db,
  folder: string,
  { hiding }: { readonly hiding: boolean },
): Promise<readonly string[]> {
  const hides: RawBuilder<boolean> = hiding ? sql`m.virtual_path = '/'` : sql`1 = 0`
  const rows = await db
    .selectFrom('user_folders as m')
    .innerJoin('folders as f', 'f.id', 'm.folder_id')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .select('u.username')
    .where('f.name', '=', folder)
    .where(sql<boolean>`((m.quota_size = -1 and m.quota_files = -1) or ${hides})`)
    .orderBy('u.username')
    .execute()
  return rows.map(({ username }) => username)
}

/** The same for users by name, which may be more than one statement takes values, or be gone meanwhile. */
export async function markUsersUnsettled(transaction: Db, usernames: readonly string[]): Promise<void> {
  for (let at = 0; at < usernames.length; at += namesPerStatement)
    await transaction
      .insertInto('unsettled_accounts')
      .columns(['kind', 'name'])
      .expression((eb) =>
        eb
          .selectFrom('users')
          .select([sql<string>`'user'`.as('kind'), 'username as name'])
          .where('username', 'in', usernames.slice(at, at + namesPerStatement))
          .orderBy('username'),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute()
}
