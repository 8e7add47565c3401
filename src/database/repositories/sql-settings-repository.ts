import type { Kysely } from 'kysely'
import type { SettingsRepository } from '../../core/settings/settings-repository.ts'
import type { Db, Tables } from '../schema.ts'
import { inTransaction } from './in-transaction.ts'
import { readJson } from './stored-value.ts'

export class SqlSettingsRepository implements SettingsRepository {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async list(): Promise<ReadonlyMap<string, unknown>> {
    const rows = await this.#db.selectFrom('settings').selectAll().orderBy('name').execute()
    return new Map(
      rows.map(({ name, value }) => [
        name,
        readJson(value, (json) => json, `setting ${JSON.stringify(name)}`),
      ]),
    )
  }

  async save(changes: ReadonlyMap<string, unknown>): Promise<void> {
    await inTransaction(this.#db, async (transaction) => {
      for (const [name, value] of changes) {
        if (value === undefined) await transaction.deleteFrom('settings').where('name', '=', name).execute()
        else await put(transaction, name, JSON.stringify(value))
      }
    })
  }
}

async function put(db: Db, name: string, value: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute()
}
