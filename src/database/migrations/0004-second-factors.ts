import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { EngineName } from '../engine.ts'
import { columnTypes } from './column-types.ts'

/** Second factors of users and admins; everybody begins without one. */
export function secondFactors(engine: EngineName): Migration {
  const { int, text } = columnTypes[engine]
  const columns = {
    totp_secret: sql`${text} default ''`,
    totp_protocols: sql`${text} default '[]'`,
    totp_last_step: sql`${int} default 0`,
    totp_guesses: sql`${int} default 0`,
    totp_guesses_since: sql`${int} default 0`,
    recovery_codes: sql`${text} default '[]'`,
  }
  return {
    async up(db) {
      for (const table of ['users', 'admins'])
        for (const [name, type] of Object.entries(columns))
          await sql`alter table ${sql.table(table)} add column ${sql.ref(name)} ${type}`.execute(db)
    },
  }
}
