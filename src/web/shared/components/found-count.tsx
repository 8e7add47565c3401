import { t } from '../i18n.ts'

export interface FoundCountProps {
  /** Nothing is told before something is looked for. */
  readonly isSearching: boolean
  readonly n: number
  /** More than `n` match. */
  readonly hasMore?: boolean
}

/** How many match, for those who do not see the list. It has to stand there before there is something to tell. */
export function FoundCount({ isSearching, n, hasMore = false }: FoundCountProps) {
  const text = hasMore ? t('search.foundMore', { n }) : t('search.found', { n })
  return (
    <span className="hidden" role="status">
      {isSearching ? text : ''}
    </span>
  )
}
