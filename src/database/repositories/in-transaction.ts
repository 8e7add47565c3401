import { Transaction, type Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

/** Runs `work` in a transaction of its own, or in the one that `db` is already. */
export function inTransaction<T>(
  db: Kysely<Tables>,
  work: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return db instanceof Transaction ? work(db) : db.transaction().execute(work)
}
