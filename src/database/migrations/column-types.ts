import { sql } from 'kysely'

/**
 * Names compare and sort by bytes: SQLite does so by itself, PostgreSQL with the collation "C".
 * STRICT makes SQLite refuse a value of the wrong type, as PostgreSQL does. An id is never given out twice.
 */
export const columnTypes = {
  sqlite: {
    id: sql`integer primary key autoincrement`,
    int: sql`integer not null`,
    text: sql`text not null`,
    strict: sql`strict`,
  },
  postgres: {
    id: sql`bigint generated always as identity primary key`,
    int: sql`bigint not null`,
    text: sql`text collate "C" not null`,
    strict: sql``,
  },
} as const
