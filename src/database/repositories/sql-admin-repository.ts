import type { Kysely, Selectable } from 'kysely'
import {
  adminPermissions,
  adminTokenKinds,
  type Admin,
  type AdminSettings,
  type AdminToken,
  type TokenGrounds,
} from '../../core/accounts/admin.ts'
import type { AdminRepository, Page } from '../../core/accounts/repositories.ts'
import { FileServerError } from '../../core/errors.ts'
import { listOf, oneOf } from '../../core/value-readers.ts'
import type { EngineName } from '../engine.ts'
import type { AdminsTable, AdminTokensTable, Db, Tables } from '../schema.ts'
import { isStorableText } from '../storable-text.ts'
import { inTransaction } from './in-transaction.ts'
import { expectRow } from './missing.ts'
import { matchesSearch, searchText } from './search.ts'
import { toSecondFactor } from './second-factor-columns.ts'
import { readJson, readValue } from './stored-value.ts'

const unknownAdmin = 'The admin does not exist'

const source = oneOf('local', 'thinger', 'setup-code')
const status = oneOf('active', 'disabled')
const permissions = listOf(oneOf(...adminPermissions))
const tokenKind = oneOf(...adminTokenKinds)

export class SqlAdminRepository implements AdminRepository {
  readonly #db: Kysely<Tables>
  readonly #engine: EngineName

  constructor(db: Kysely<Tables>, engine: EngineName) {
    this.#db = db
    this.#engine = engine
  }

  async find(username: string): Promise<Admin | undefined> {
    if (!isStorableText(username)) return undefined
    const row = await this.#db
      .selectFrom('admins')
      .selectAll()
      .where('username', '=', username)
      .executeTakeFirst()
    return row && toAdmin(row)
  }

  async list(page: Page): Promise<readonly Admin[]> {
    const all = this.#db.selectFrom('admins').selectAll()
    const matching = page.search ? all.where(matchesSearch(page.search)) : all
    const rows = await matching
      .orderBy('username', page.order === 'DESC' ? 'desc' : 'asc')
      .offset(page.offset)
      .limit(page.limit)
      .execute()
    return rows.map(toAdmin)
  }

  async count(): Promise<number> {
    const query = this.#db.selectFrom('admins').select((eb) => eb.fn.countAll<number>().as('count'))
    return (await query.executeTakeFirstOrThrow()).count
  }

  async add(settings: AdminSettings, now: number): Promise<Admin> {
    return inTransaction(this.#db, async (transaction) => {
      const row = await transaction
        .insertInto('admins')
        .values({ ...toColumns(settings), created_at: now, updated_at: now })
        .returningAll()
        .executeTakeFirstOrThrow()
      // None are left by remove(); by dates of a clock that may have been wrong nothing could be told.
      await removeTokensOf(transaction, settings.username)
      return toAdmin(row)
    })
  }

  async replace(
    settings: AdminSettings,
    now: number,
    endTokens?: { readonly except?: string },
  ): Promise<Admin> {
    return inTransaction(this.#db, async (transaction) => {
      const row = await transaction
        .updateTable('admins')
        .set({ ...toColumns(settings), updated_at: now })
        .where('username', '=', settings.username)
        .returningAll()
        .executeTakeFirst()
      if (!row) throw new FileServerError('not-found', unknownAdmin)
      if (endTokens) await removeTokensOf(transaction, settings.username, endTokens.except)
      return toAdmin(row)
    })
  }

  /** The admin's tokens go in the same transaction: none may outlive an admin and serve the next of that name. */
  async remove(username: string): Promise<void> {
    await inTransaction(this.#db, async (transaction) => {
      const removed = await transaction
        .deleteFrom('admins')
        .where('username', '=', username)
        .executeTakeFirstOrThrow()
      expectRow(removed.numDeletedRows, unknownAdmin)
      await removeTokensOf(transaction, username)
    })
  }

  async recordLogin(username: string, now: number): Promise<void> {
    const query = this.#db.updateTable('admins').set({ last_login: now }).where('username', '=', username)
    expectRow((await query.executeTakeFirstOrThrow()).numUpdatedRows, unknownAdmin)
  }

  async addToken(token: Omit<AdminToken, 'id'>, grounds: TokenGrounds): Promise<AdminToken> {
    return inTransaction(this.#db, async (transaction) => {
      await this.#lockGrounds(transaction, token.adminUsername, grounds)
      const row = await transaction
        .insertInto('admin_tokens')
        .values({
          token_hash: token.tokenHash,
          admin_username: token.adminUsername,
          kind: token.kind,
          name: token.name,
          created_at: token.createdAt,
          expires_at: token.expiresAt,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      return toToken(row)
    })
  }

  async findToken(tokenHash: string, now: number): Promise<AdminToken | undefined> {
    const row = await this.#db
      .selectFrom('admin_tokens')
      .selectAll()
      .where('token_hash', '=', tokenHash)
      .where('expires_at', '>', now)
      .executeTakeFirst()
    return row && toToken(row)
  }

  async listTokens(username: string, now: number): Promise<readonly AdminToken[]> {
    const rows = await this.#db
      .selectFrom('admin_tokens')
      .selectAll()
      .where('admin_username', '=', username)
      .where('expires_at', '>', now)
      .orderBy('id')
      .execute()
    return rows.map(toToken)
  }

  async extendToken(tokenHash: string, expiresAt: number): Promise<void> {
    await this.#db
      .updateTable('admin_tokens')
      .set({ expires_at: expiresAt })
      .where('token_hash', '=', tokenHash)
      .where('expires_at', '<', expiresAt)
      .execute()
  }

  async removeToken(tokenHash: string): Promise<void> {
    await this.#db.deleteFrom('admin_tokens').where('token_hash', '=', tokenHash).execute()
  }

  async removeTokenOf(username: string, id: number): Promise<void> {
    const removed = await this.#db
      .deleteFrom('admin_tokens')
      .where('admin_username', '=', username)
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    expectRow(removed.numDeletedRows, 'The token does not exist')
  }

  async removeTokensOf(username: string, except?: string): Promise<void> {
    await removeTokensOf(this.#db, username, except)
  }

  async removeExpiredTokens(now: number): Promise<void> {
    await this.#expired(now).where('kind', '!=', 'key').execute()
  }

  async removeExpiredKeysOf(username: string, now: number): Promise<void> {
    await this.#expired(now).where('kind', '=', 'key').where('admin_username', '=', username).execute()
  }

  #expired(now: number) {
    return this.#db.deleteFrom('admin_tokens').where('expires_at', '<=', now)
  }

  /**
   * Held until the transaction ends: a change of the admin, which ends tokens after it, waits for this one. A transaction
   * of SQLite holds everything from its beginning. The admin before the token, as such a change has it.
   */
  async #lockGrounds(db: Db, username: string, { admin, askedBy }: TokenGrounds): Promise<void> {
    const admins = db
      .selectFrom('admins')
      .select('id')
      .where('id', '=', admin.id)
      .where('username', '=', username)
      .where('status', '=', 'active')
      .where('source', '=', admin.source)
      .where('password_hash', '=', admin.passwordHash)
    const asking =
      askedBy === undefined
        ? undefined
        : db.selectFrom('admin_tokens').select('id').where('token_hash', '=', askedBy)
    for (const query of asking ? [admins, asking] : [admins]) {
      const row = await (this.#engine === 'postgres' ? query.forShare() : query).executeTakeFirst()
      if (!row) throw new FileServerError('access-denied', 'The account was changed meanwhile')
    }
  }
}

async function removeTokensOf(db: Db, username: string, except?: string): Promise<void> {
  const all = db.deleteFrom('admin_tokens').where('admin_username', '=', username)
  await (except === undefined ? all : all.where('token_hash', '!=', except)).execute()
}

function toColumns(settings: AdminSettings) {
  return {
    username: settings.username,
    source: settings.source,
    status: settings.status,
    email: settings.email,
    description: settings.description,
    password_hash: settings.passwordHash,
    permissions: JSON.stringify(settings.permissions),
    search_text: searchText(settings.username, settings.email, settings.description),
  }
}

function toToken(row: Selectable<AdminTokensTable>): AdminToken {
  return {
    id: row.id,
    kind: readValue(row.kind, tokenKind, `kind of token ${row.id}`),
    name: row.name,
    tokenHash: row.token_hash,
    adminUsername: row.admin_username,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}

function toAdmin(row: Selectable<AdminsTable>): Admin {
  const at = (column: keyof AdminsTable): string => `${column} of admin ${JSON.stringify(row.username)}`
  return {
    id: row.id,
    username: row.username,
    source: readValue(row.source, source, at('source')),
    status: readValue(row.status, status, at('status')),
    email: row.email,
    description: row.description,
    passwordHash: row.password_hash,
    permissions: readJson(row.permissions, permissions, at('permissions')),
    ...toSecondFactor(row, `admin ${JSON.stringify(row.username)}`),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastLogin: row.last_login,
  }
}
