import { Icon } from '../../shared/components/icon.tsx'
import { t } from '../../shared/i18n.ts'
import type { ListingView, SortKey } from './sorted-listing.ts'

export interface GridHeaderProps {
  readonly view: ListingView
  readonly onSort: (sortBy: SortKey) => void
  readonly selected: 'none' | 'some' | 'all'
  readonly onSelectAll: (isWanted: boolean) => void
}

/** The first row of the grid: what the columns are, and the order. */
export function GridHeader({ view, onSort, selected, onSelectAll }: GridHeaderProps) {
  const columns = [
    { key: 'name', label: t('files.column.name'), className: 'files-name' },
    { key: 'size', label: t('files.column.size'), className: 'files-size' },
    { key: 'modified', label: t('files.column.modified'), className: 'files-time' },
  ] as const
  const direction = view.isDescending ? 'descending' : 'ascending'
  return (
    <div role="row" aria-rowindex={1} className="files-row files-header">
      <div role="columnheader" className="files-check">
        <input
          type="checkbox"
          checked={selected === 'all'}
          indeterminate={selected === 'some'}
          aria-label={t('files.selectAll')}
          onChange={(event) => onSelectAll(event.currentTarget.checked)}
        />
      </div>
      {columns.map(({ key, label, className }) => (
        <div
          key={key}
          role="columnheader"
          aria-sort={view.sortBy === key ? direction : 'none'}
          className={className}
        >
          <button type="button" className="files-sort" onClick={() => onSort(key)}>
            {label}
            {view.sortBy === key ? <Icon name={view.isDescending ? 'down' : 'up'} /> : null}
          </button>
        </div>
      ))}
    </div>
  )
}
