import { Button } from '../../shared/components/button.tsx'
import { t } from '../../shared/i18n.ts'

export interface PagerProps {
  /** Position of the first entry shown, from 0. */
  readonly offset: number
  readonly count: number
  readonly hasMore: boolean
  readonly onTurn: (direction: 1 | -1) => void
}

/** Back and forth through a long list; nothing while there is one page. */
export function Pager({ offset, count, hasMore, onTurn }: PagerProps) {
  if (offset === 0 && !hasMore) return null
  return (
    <nav className="users-pager" aria-label={t('users.pager')}>
      <Button icon="back" isDisabled={offset === 0} onClick={() => onTurn(-1)}>
        {t('users.pager.back')}
      </Button>
      <span className="soft number" role="status">
        {t('users.pager.shown', { from: offset + 1, to: offset + count })}
      </span>
      <Button icon="forward" isDisabled={!hasMore} onClick={() => onTurn(1)}>
        {t('users.pager.forward')}
      </Button>
    </nav>
  )
}
