import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { EngineName } from '../engine.ts'
import { columnTypes } from './column-types.ts'

/** What happened, in the order in which it did: pages go by id, the clean-up by time. */
export function audit(engine: EngineName): Migration {
  const { id, int, text, strict } = columnTypes[engine]
  return {
    async up(db) {
      await sql`
        create table audit_records (
          id ${id},
          at ${int},
          action ${text},
          username ${text},
          protocol ${text},
          connection_id ${text},
          remote_address ${text},
          bytes ${int},
          duration_ms ${int},
          search_text ${text},
          path ${text},
          target ${text},
          detail ${text}
        ) ${strict}`.execute(db)
      await sql`create index audit_records_by_time on audit_records (at)`.execute(db)
      await sql`create index audit_records_by_user on audit_records (username, id)`.execute(db)
    },
  }
}
