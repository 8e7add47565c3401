import { Button } from '../../shared/components/button.tsx'
import { Progress } from '../../shared/components/progress.tsx'
import { formatBytes } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { shownName } from '../listing/shown-name.ts'
import type { OwnDownload } from './piece-download.ts'

/** Downloads that the page does by itself; those of the browser are shown by the browser. */
export function DownloadList({ downloads }: { readonly downloads: readonly OwnDownload[] }) {
  return (
    <ul className="transfers-jobs">
      {downloads.map((download, at) => (
        <li key={at} className="transfers-job">
          <div className="transfers-what">
            <span className="transfers-name" title={shownName(download.name)}>
              <span className="name">{shownName(download.name)}</span>
            </span>
            <Progress
              label={t('transfers.progress', { name: shownName(download.name) })}
              value={download.received}
              max={download.size}
            />
            <span
              className={download.state === 'failed' ? 'transfers-state transfers-failed' : 'transfers-state'}
            >
              {download.error ?? `${formatBytes(download.received)} / ${formatBytes(download.size)}`}
            </span>
          </div>
          <div className="transfers-buttons">
            {download.state === 'active' ? (
              <Button
                kind="quiet"
                icon="close"
                label={t('transfers.cancel', { name: shownName(download.name) })}
                onClick={() => download.cancel()}
              />
            ) : null}
          </div>
        </li>
      ))}
    </ul>
  )
}
