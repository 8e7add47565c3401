import { formatBytes } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { FileDetails } from './file-details.tsx'
import type { KindViewerProps } from './viewer.tsx'

/** More than a browser should hold: the details, and how to get it. */
export function TooLarge(props: KindViewerProps & { readonly maxBytes: number }) {
  const { path, entry, maxBytes, onShowAs } = props
  return (
    <>
      <p>{t('viewer.tooLarge', { size: formatBytes(maxBytes) })}</p>
      <FileDetails path={path} entry={entry} canBeText={false} onShowAs={onShowAs} />
    </>
  )
}
