import Papa from 'papaparse'
import type { CsvOrder, CsvRows } from './csv-messages.ts'
import { decodeText } from './text-bytes.ts'

/** So many at once, that the page takes each batch in without a stutter. */
const batchRows = 2000

/** Takes a table apart away from the page. */
addEventListener('message', ({ data: { bytes, isPart } }: MessageEvent<CsvOrder>) => {
  const text = decodeText(bytes, { isPart }).text.replace(/^\uFEFF/, '')
  const { data } = Papa.parse<string[]>(text, { skipEmptyLines: 'greedy' })
  if (isPart) data.pop()
  let at = 0
  do {
    const rows = data.slice(at, at + batchRows)
    at += batchRows
    postMessage({ rows, isLast: at >= data.length } satisfies CsvRows)
  } while (at < data.length)
})
