import { sql, type Expression, type SqlBool } from 'kysely'
import { FileServerError } from '../../core/errors.ts'

/** SQLite refuses patterns of more than 50,000 bytes: no path and no name that somebody looks for is longer. */
const maxSearchLength = 4_096

/**
 * The engines ignore case differently, and beyond ASCII not at all: so both search what was folded here.
 * A line break parts the fields, that no match spans two of them.
 */
export function searchText(...fields: readonly string[]): string {
  return fields.map(fold).join('\n')
}

/** True for rows whose `search_text` contains `search`; '%', '_' and '\' stand for themselves. */
export function matchesSearch(search: string, field = 'search'): Expression<SqlBool> {
  if (search.length > maxSearchLength)
    throw new FileServerError('invalid-argument', 'The search text is too long', { field })
  const pattern = `%${fold(search).replace(/[\\%_]/g, '\\$&')}%`
  return sql<SqlBool>`search_text like ${pattern} escape '\\'`
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase()
}
