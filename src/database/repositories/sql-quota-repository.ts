import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { QuotaAccount, QuotaRepository } from '../../core/accounts/repositories.ts'
import type { QuotaUsage } from '../../core/accounts/user.ts'
import { FileServerError } from '../../core/errors.ts'
import { oneOf } from '../../core/value-readers.ts'
import type { Tables } from '../schema.ts'
import { expectRow } from './missing.ts'
import { readValue } from './stored-value.ts'

const unknownAccount = 'The account whose quota is counted does not exist'

/** Where an account's counters are; the columns have the same names in both tables. */
const counters = {
  user: { table: sql.table('users'), name: sql.ref('username') },
  folder: { table: sql.table('folders'), name: sql.ref('name') },
} as const satisfies Record<QuotaAccount['kind'], { table: RawBuilder<unknown>; name: RawBuilder<unknown> }>

const kind = oneOf('user', 'folder')

export class SqlQuotaRepository implements QuotaRepository {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async usage(account: QuotaAccount): Promise<QuotaUsage> {
    const { table, name } = counters[account.kind]
    const { rows } = await sql<QuotaUsage>`
      select used_quota_size as size, used_quota_files as files from ${table} where ${name} = ${account.name}
    `.execute(this.#db)
    if (!rows[0]) throw new FileServerError('not-found', unknownAccount)
    return { size: rows[0].size, files: rows[0].files }
  }

  async add(account: QuotaAccount, change: QuotaUsage, now: number): Promise<void> {
    await this.#update(account, {
      size: sql`case when used_quota_size + ${change.size} > 0 then used_quota_size + ${change.size} else 0 end`,
      files: sql`case when used_quota_files + ${change.files} > 0 then used_quota_files + ${change.files} else 0 end`,
      now,
    })
  }

  async set(account: QuotaAccount, usage: QuotaUsage, now: number): Promise<void> {
    const size = Math.max(0, usage.size)
    const files = Math.max(0, usage.files)
    await this.#update(account, { size: sql`${size}`, files: sql`${files}`, now })
  }

  async #update(
    account: QuotaAccount,
    to: { size: RawBuilder<unknown>; files: RawBuilder<unknown>; now: number },
  ): Promise<void> {
    const { table, name } = counters[account.kind]
    const { numAffectedRows } = await sql`
      update ${table} set used_quota_size = ${to.size}, used_quota_files = ${to.files}, last_quota_update = ${to.now}
      where ${name} = ${account.name}
    `.execute(this.#db)
    expectRow(numAffectedRows ?? 0n, unknownAccount)
  }

  /** Marks only an account that exists: the mark of a removed one could never be settled. */
  async markUnsettled(account: QuotaAccount): Promise<void> {
    const { table, name } = counters[account.kind]
    const { numAffectedRows } = await sql`
      insert into unsettled_accounts (kind, name)
      select ${sql.lit(account.kind)}, ${name} from ${table} where ${name} = ${account.name}
      on conflict do nothing
    `.execute(this.#db)
    if (numAffectedRows !== 1n) await this.usage(account)
  }

  async clearUnsettled(account: QuotaAccount): Promise<void> {
    await this.#db
      .deleteFrom('unsettled_accounts')
      .where('kind', '=', account.kind)
      .where('name', '=', account.name)
      .execute()
  }

  async listUnsettled(): Promise<readonly QuotaAccount[]> {
    const query = this.#db.selectFrom('unsettled_accounts').selectAll().orderBy('kind').orderBy('name')
    const rows = await query.execute()
    return rows.map((row) => ({
      kind: readValue(row.kind, kind, 'kind of an unsettled account'),
      name: row.name,
    }))
  }
}
