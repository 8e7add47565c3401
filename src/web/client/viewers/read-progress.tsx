import { Progress } from '../../shared/components/progress.tsx'
import { Loading } from '../../shared/components/states.tsx'
import { formatBytes } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'

/** How much of a file has been read before it can be shown. */
export function ReadProgress({ received, size }: { readonly received: number; readonly size: number }) {
  if (received === 0) return <Loading />
  return (
    <div className="viewer-message">
      <Progress label={t('viewer.reading')} value={received} max={size} />
      <p className="soft">
        {formatBytes(received)} / {formatBytes(size)}
      </p>
    </div>
  )
}
