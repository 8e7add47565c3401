import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { EngineName } from '../engine.ts'
import { columnTypes } from './column-types.ts'

/** Settings that are changed while the server runs; tokens that can be listed, named and removed one by one. */
export function settings(engine: EngineName): Migration {
  return {
    async up(db) {
      await createSettings(db, engine)
      await rebuildTokens(db, engine)
    },
  }
}

async function createSettings(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const { text, strict } = columnTypes[engine]
  await sql`
    create table settings (
      name ${text} primary key,
      value ${text}
    ) ${strict}`.execute(db)
}

/** A new table in place of the old one: SQLite cannot add a column that numbers its rows. */
async function rebuildTokens(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const { id, int, text, strict } = columnTypes[engine]
  await sql`alter table admin_tokens rename to old_admin_tokens`.execute(db)
  await sql`drop index admin_tokens_by_admin`.execute(db)
  await sql`drop index admin_tokens_by_expiry`.execute(db)
  await sql`
    create table admin_tokens (
      id ${id},
      token_hash ${text} unique,
      admin_username ${text},
      kind ${text},
      name ${text},
      created_at ${int},
      expires_at ${int}
    ) ${strict}`.execute(db)
  await sql`
    insert into admin_tokens (token_hash, admin_username, kind, name, created_at, expires_at)
    select token_hash, admin_username, 'token', '', created_at, expires_at from old_admin_tokens`.execute(db)
  await sql`drop table old_admin_tokens`.execute(db)
  await sql`create index admin_tokens_by_admin on admin_tokens (admin_username)`.execute(db)
  await sql`create index admin_tokens_by_expiry on admin_tokens (expires_at)`.execute(db)
}
