import { useCallback, useId, useLayoutEffect, useRef } from 'react'
import type { FileEntry } from '../../../contract/file.ts'
import { t } from '../../shared/i18n.ts'
import { useMediaQuery } from '../use-media-query.ts'
import { useVirtualRows } from '../../shared/use-virtual-rows.ts'
import { FileRow } from './file-row.tsx'
import { GridHeader } from './grid-header.tsx'
import { gridCommand } from './grid-keys.ts'
import {
  findPrefix,
  moveTo,
  nothingSelected,
  selectAll,
  selectOnly,
  selectRange,
  toggle,
  type Selection,
} from './selection.ts'
import type { ListingView, SortKey } from './sorted-listing.ts'
import type { Listing } from './use-listing.ts'

export interface FileGridProps {
  readonly listing: Listing
  readonly view: ListingView
  readonly selection: Selection
  readonly onSelect: (change: (selection: Selection) => Selection) => void
  readonly onSort: (sortBy: SortKey) => void
  readonly onOpen: (entry: FileEntry) => void
  readonly onUp: () => void
  readonly onAction: (action: 'delete' | 'rename') => void
}

/** Pixels; the styles know them as well. */
const headerHeight = 40
const typingMs = 700

/** All entries of a directory, of which only the rows in sight are in the page. */
export function FileGrid(props: FileGridProps) {
  const { listing, selection, onSelect, onOpen } = props
  const { order, entries } = listing
  const isNarrow = useMediaQuery('(max-width: 760px)')
  const rowHeight = isNarrow ? 60 : 44
  const id = useId().replaceAll(':', '')
  const grid = useRef<HTMLDivElement>(null)
  const { rows, totalHeight } = useVirtualRows(grid, { count: order.length, rowHeight })
  const entryAt = (position: number) => entries[order[position] ?? -1]
  // Rows keep their handlers, so that only those that changed are drawn anew.
  const latest = useRef({ entryAt, onSelect, onOpen })
  latest.current = { entryAt, onSelect, onOpen }
  const nameAt = useCallback((position: number) => latest.current.entryAt(position)?.name, [])

  const press = useCallback((position: number, event: MouseEvent) => {
    const { shiftKey, ctrlKey, metaKey } = event
    latest.current.onSelect((before) => {
      if (shiftKey) return selectRange(before, position, nameAt)
      return ctrlKey || metaKey ? toggle(before, position, nameAt) : selectOnly(position, nameAt)
    })
    grid.current?.focus({ preventScroll: true })
  }, [])
  const toggleRow = useCallback((position: number, isRange: boolean) => {
    latest.current.onSelect((before) =>
      isRange ? selectRange(before, position, nameAt) : toggle(before, position, nameAt),
    )
    grid.current?.focus({ preventScroll: true })
  }, [])
  const open = useCallback((position: number) => {
    const entry = latest.current.entryAt(position)
    if (entry) latest.current.onOpen(entry)
  }, [])
  const onKeyDown = useGridKeys(props, { grid, rowHeight, nameAt, open })

  useLayoutEffect(() => {
    grid.current?.scrollTo({ top: 0 })
  }, [listing.path])

  const { names, active } = selection
  const isAll = order.length > 0 && names.size >= order.length
  return (
    <div
      ref={grid}
      role="grid"
      tabIndex={0}
      className="files-grid"
      aria-label={t('files.grid')}
      aria-multiselectable="true"
      aria-rowcount={listing.isComplete ? order.length + 1 : -1}
      aria-activedescendant={active >= 0 && active < order.length ? `${id}-${active}` : undefined}
      aria-busy={!listing.isComplete}
      onKeyDown={onKeyDown}
    >
      <GridHeader
        view={props.view}
        onSort={props.onSort}
        selected={names.size === 0 ? 'none' : isAll ? 'all' : 'some'}
        onSelectAll={(isWanted) =>
          onSelect((before) => (isWanted ? selectAll(before, order.length, nameAt) : nothingSelected))
        }
      />
      <div
        role="rowgroup"
        className="files-rows"
        ref={(element: HTMLElement | null) => {
          if (element) element.style.height = `${totalHeight}px`
        }}
      >
        {rows.map(({ index, start }) => {
          const entry = entryAt(index)
          if (!entry) return null
          return (
            <FileRow
              // A row that leaves is used again for one that comes.
              key={index % rows.length}
              id={`${id}-${index}`}
              directory={listing.path}
              entry={entry}
              position={index}
              top={start}
              isSelected={names.has(entry.name)}
              isActive={index === active}
              mayRead={listing.rights?.download === true}
              onPress={press}
              onToggle={toggleRow}
              onOpen={open}
            />
          )
        })}
      </div>
    </div>
  )
}

interface KeyParts {
  readonly grid: { readonly current: HTMLDivElement | null }
  readonly rowHeight: number
  readonly nameAt: (position: number) => string | undefined
  readonly open: (position: number) => void
}

function useGridKeys(props: FileGridProps, { grid, rowHeight, nameAt, open }: KeyParts) {
  const { listing, selection, onSelect } = props
  const count = listing.order.length
  const typed = useRef({ text: '', at: 0 })

  const show = (position: number) => {
    const element = grid.current
    if (!element) return
    const [top, bottom] = [position * rowHeight, (position + 1) * rowHeight + headerHeight]
    if (top < element.scrollTop) element.scrollTop = top
    else if (bottom > element.scrollTop + element.clientHeight)
      element.scrollTop = bottom - element.clientHeight
  }
  const jump = (letter: string) => {
    const now = performance.now()
    const isMore = now - typed.current.at < typingMs
    const text = isMore ? typed.current.text + letter : letter
    typed.current = { text, at: now }
    const from = Math.max(0, selection.active) + (isMore ? 0 : 1)
    const found = count === 0 ? -1 : findPrefix(text, from % count, count, nameAt)
    if (found === -1) return
    onSelect((before) => moveTo(before, found))
    show(found)
  }
  return (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    const page = Math.max(1, Math.floor(((grid.current?.clientHeight ?? 0) - headerHeight) / rowHeight) - 1)
    const command = gridCommand(event, { active: selection.active, count, page })
    if (!command) return
    event.preventDefault()
    const { active } = selection
    if (command.kind === 'move') {
      const { to, isRange } = command
      onSelect((before) => (isRange ? selectRange(before, to, nameAt) : moveTo(before, to)))
      show(to)
    } else if (command.kind === 'type') jump(command.letter)
    else if (command.kind === 'open') open(active)
    else if (command.kind === 'toggle') onSelect((before) => toggle(before, active, nameAt))
    else if (command.kind === 'all') onSelect((before) => selectAll(before, count, nameAt))
    else if (command.kind === 'up') props.onUp()
    else if (command.kind === 'none') onSelect((before) => ({ ...nothingSelected, active: before.active }))
    else {
      // What the keyboard is at is meant where nothing is chosen.
      if (selection.names.size === 0) onSelect(() => selectOnly(active, nameAt))
      props.onAction(command.kind)
    }
  }
}
