import { useEffect, useState } from 'react'
import { Button } from '../../shared/components/button.tsx'
import { Icon } from '../../shared/components/icon.tsx'
import { Progress } from '../../shared/components/progress.tsx'
import { formatBytes, formatDuration, formatRate } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { ConflictDialog } from './conflict-dialog.tsx'
import { DownloadList } from './download-list.tsx'
import { JobList } from './job-list.tsx'
import type { UploadTotals } from './upload-queue.ts'
import { UploadList } from './upload-list.tsx'
import { useTransfers } from './use-transfers.ts'
import './transfers.css'

/** What moves, at the foot of every page; nothing while nothing does. */
export function TransfersDock() {
  const transfers = useTransfers()
  const [isOpen, setOpen] = useState(true)
  useEffect(() => {
    // What runs on from before is shown; where it cannot be asked for, it is asked for with the next job.
    void transfers.jobs.load().catch(() => undefined)
  }, [])
  const { uploads, jobs, downloads, question, preparing } = transfers
  const dialog = question === undefined ? null : <ConflictDialog key={question.id} question={question} />
  const isEmpty = uploads.items.length + jobs.jobs.length + downloads.length + preparing === 0
  if (isEmpty) return dialog
  const totals = uploads.totals()
  return (
    <section className={isOpen ? 'transfers transfers-open' : 'transfers'} aria-label={t('transfers.title')}>
      <header className="transfers-head">
        <Icon name="upload" />
        <h2>{t('transfers.title')}</h2>
        <p className="transfers-summary" role="status">
          {preparing > 0 ? t('transfers.preparing') : summaryOf(totals)}
        </p>
        <QueueButtons totals={totals} />
        <Button
          kind="quiet"
          icon={isOpen ? 'down' : 'up'}
          label={isOpen ? t('transfers.hide') : t('transfers.show')}
          onClick={() => setOpen(!isOpen)}
        />
      </header>
      {totals.open + totals.paused > 0 ? (
        <Progress label={t('transfers.all')} value={totals.sent} max={totals.bytes} />
      ) : null}
      {isOpen ? (
        <div className="transfers-body">
          {jobs.jobs.length > 0 ? <JobList jobs={jobs} /> : null}
          {downloads.length > 0 ? <DownloadList downloads={downloads} /> : null}
          {uploads.items.length > 0 ? <UploadList queue={uploads} /> : null}
        </div>
      ) : null}
      {dialog}
    </section>
  )
}

function QueueButtons({ totals }: { readonly totals: UploadTotals }) {
  const transfers = useTransfers()
  const { uploads } = transfers
  return (
    <div className="transfers-buttons">
      {totals.open > 0 ? (
        <Button
          kind="quiet"
          icon="pause"
          label={t('transfers.pauseAll')}
          onClick={() => uploads.pauseAll()}
        />
      ) : null}
      {totals.paused > 0 ? (
        <Button
          kind="quiet"
          icon="play"
          label={t('transfers.resumeAll')}
          onClick={() => uploads.resumeAll()}
        />
      ) : null}
      {totals.failed > 0 ? (
        <Button
          kind="quiet"
          icon="refresh"
          label={t('transfers.retryAll')}
          onClick={() => uploads.retryAll()}
        />
      ) : null}
      {totals.open + totals.paused > 0 ? (
        <Button
          kind="quiet"
          icon="cancel"
          label={t('transfers.cancelAll')}
          onClick={() => uploads.cancelAll()}
        />
      ) : transfers.preparing > 0 ? null : (
        <Button kind="quiet" icon="delete" label={t('transfers.clear')} onClick={() => transfers.clear()} />
      )}
    </div>
  )
}

function summaryOf({ count, done, failed, open, bytes, sent, rate }: UploadTotals): string {
  if (count === 0) return ''
  const parts = [t('transfers.summary', { done, n: count })]
  if (failed > 0) parts.push(t('transfers.summaryFailed', { n: failed }))
  if (open > 0) parts.push(`${formatBytes(sent)} / ${formatBytes(bytes)}`)
  if (open > 0 && rate >= 1) {
    const time = formatDuration(((bytes - sent) / rate) * 1000)
    parts.push(formatRate(rate), t('transfers.left', { time }))
  }
  return parts.join(' · ')
}
