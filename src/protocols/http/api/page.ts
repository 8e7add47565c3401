import { defaultLimit, maxLimit, type ListQuery } from '../../../contract/list-query.ts'
import type { Page } from '../../../core/accounts/repositories.ts'

/** The page a query asks for; a larger limit is cut. */
export function toPage({ offset = 0, limit = defaultLimit, order = 'ASC', search = '' }: ListQuery): Page {
  const page = { offset, limit: Math.min(limit, maxLimit), order }
  return search === '' ? page : { ...page, search }
}
