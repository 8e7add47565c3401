import { useEffect, useRef, useState } from 'react'
import { Button } from '../../shared/components/button.tsx'
import { Failed, Loading } from '../../shared/components/states.tsx'
import { formatBytes } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { useVirtualRows } from '../../shared/use-virtual-rows.ts'
import { shownName } from '../listing/shown-name.ts'
import type { CsvOrder, CsvRows } from './csv-messages.ts'
import { ReadProgress } from './read-progress.tsx'
import { useFileBytes } from './use-file-bytes.ts'
import type { KindViewerProps } from './viewer.tsx'

const maxBytes = 5 * 1024 * 1024
const maxColumns = 200
/** Pixels; the styles know it as well. */
const rowHeight = 32

interface Table {
  readonly rows: readonly (readonly string[])[]
  readonly isComplete: boolean
}

/** A table of the beginning of a CSV file; its first line names the columns. */
export function CsvViewer(props: KindViewerProps) {
  const { path, entry, onShowAs } = props
  const { bytes, error, received, reload } = useFileBytes(path, Math.min(maxBytes, entry.size))
  const isPart = entry.size > maxBytes
  const table = useTable(bytes, isPart)
  if (error !== undefined) return <Failed error={error} onRetry={reload} />
  if (!bytes) return <ReadProgress received={received} size={Math.min(maxBytes, entry.size)} />
  if (table.rows.length === 0 && !table.isComplete) return <Loading />
  return (
    <div className="viewer-fill">
      <div className="viewer-tools">
        <Button onClick={() => onShowAs('text')}>{t('viewer.asText')}</Button>
        <span className="soft" role="status">
          {t('viewer.csv.rows', { n: Math.max(0, table.rows.length - 1) })}
          {isPart ? ` · ${t('viewer.csv.part', { size: formatBytes(maxBytes) })}` : ''}
        </span>
      </div>
      {table.rows.length === 0 ? (
        <p className="soft">{t('viewer.text.empty')}</p>
      ) : (
        <CsvTable rows={table.rows} />
      )}
    </div>
  )
}

function useTable(bytes: Uint8Array<ArrayBuffer> | undefined, isPart: boolean): Table {
  const [table, setTable] = useState<Table>({ rows: [], isComplete: false })
  useEffect(() => {
    if (!bytes) return
    const rows: (readonly string[])[] = []
    const worker = new Worker(new URL('./csv-worker.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<CsvRows>) => {
      for (const row of data.rows) rows.push(row)
      setTable({ rows, isComplete: data.isLast })
    })
    worker.postMessage({ bytes, isPart } satisfies CsvOrder)
    return () => worker.terminate()
  }, [bytes])
  return table
}

function CsvTable({ rows }: { readonly rows: readonly (readonly string[])[] }) {
  const scroller = useRef<HTMLDivElement>(null)
  const [header = [], ...firstRows] = rows.slice(0, 100)
  const count = Math.min(
    maxColumns,
    firstRows.reduce((most, row) => Math.max(most, row.length), header.length),
  )
  const columns = Array.from({ length: count }, (_, at) => at)
  const { rows: shown, totalHeight } = useVirtualRows(scroller, { count: rows.length - 1, rowHeight })
  return (
    <div
      ref={scroller}
      className="viewer-csv"
      role="table"
      tabIndex={0}
      aria-label={t('viewer.csv')}
      aria-rowcount={rows.length}
      aria-colcount={count}
    >
      <div role="rowgroup" className="viewer-csv-head">
        <div role="row" aria-rowindex={1} className="viewer-csv-row">
          {columns.map((at) => (
            <div key={at} role="columnheader" title={header[at]}>
              {shownName(header[at] ?? '')}
            </div>
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        className="viewer-csv-body"
        ref={(element: HTMLElement | null) => {
          if (element) element.style.height = `${totalHeight}px`
        }}
      >
        {shown.map(({ index, start }) => (
          <div
            key={index}
            role="row"
            aria-rowindex={index + 2}
            className="viewer-csv-row"
            ref={(element: HTMLElement | null) => {
              if (element) element.style.transform = `translateY(${start}px)`
            }}
          >
            {columns.map((at) => {
              const text = rows[index + 1]?.[at] ?? ''
              return (
                <div key={at} role="cell" title={text.length > 20 ? text : undefined}>
                  {shownName(text)}
                </div>
              )
            })}
          </div>
        ))}
      </div>
    </div>
  )
}
