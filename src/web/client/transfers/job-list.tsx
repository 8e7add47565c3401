import type { FileJob } from '../../../contract/file-job.ts'
import type { MessageKey } from '../../messages/message-key.ts'
import { ApiFailure } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { failureText } from '../../shared/failure-text.ts'
import { formatBytes } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { tellFailure } from '../../shared/notices.tsx'
import { shownName } from '../listing/shown-name.ts'
import { isRunning, type FileJobs, type ShownJob } from './file-jobs.ts'

const titles: Readonly<Record<FileJob['action'], MessageKey>> = {
  copy: 'transfers.job.copy',
  move: 'transfers.job.move',
  delete: 'transfers.job.delete',
}

const states: Readonly<Record<FileJob['state'], MessageKey>> = {
  running: 'transfers.job.running',
  done: 'transfers.job.done',
  failed: 'transfers.job.failed',
  cancelled: 'transfers.job.cancelled',
}

/** What the server copies, moves and deletes, and what it could not. */
export function JobList({ jobs }: { readonly jobs: FileJobs }) {
  return (
    <ul className="transfers-jobs">
      {jobs.jobs.map((job) => (
        <li key={job.id}>
          <Job job={job} onRemove={() => void jobs.remove(job).catch(tellFailure)} />
        </li>
      ))}
    </ul>
  )
}

function Job({ job, onRemove }: { readonly job: ShownJob; readonly onRemove: () => void }) {
  const bytes = job.done_bytes === 0 ? '' : ` · ${formatBytes(job.done_bytes)}`
  return (
    <>
      <div className="transfers-job">
        <div className="transfers-what">
          <span className="transfers-name">
            {isRunning(job) ? <span className="spinner" aria-hidden="true" /> : null} {t(titles[job.action])}
          </span>
          <span className={job.state === 'failed' ? 'transfers-state transfers-failed' : 'transfers-state'}>
            {t(job.isLost === true ? 'transfers.job.lost' : states[job.state])} ·{' '}
            {t('transfers.job.entries', { n: job.done_files })}
            {bytes}
            {isRunning(job) && job.current !== '' ? (
              <>
                {' · '}
                <span className="name" title={shownName(job.current)}>
                  {shownName(job.current)}
                </span>
              </>
            ) : null}
          </span>
        </div>
        <div className="transfers-buttons">
          <Button
            kind="quiet"
            icon="close"
            label={isRunning(job) ? t('transfers.job.stop') : t('transfers.job.forget')}
            onClick={onRemove}
          />
        </div>
      </div>
      {job.failed_count > 0 ? <JobFailures job={job} /> : null}
    </>
  )
}

function JobFailures({ job }: { readonly job: FileJob }) {
  const left = job.failed_count - job.failed.length
  return (
    <details className="transfers-failures" open={job.failed_count <= 3}>
      <summary>{t('transfers.job.failures', { n: job.failed_count })}</summary>
      <ul>
        {job.failed.map(({ path, ...refusal }, at) => (
          <li key={at}>
            <span className="name">{shownName(path)}</span>: {failureText(new ApiFailure(400, refusal))}
          </li>
        ))}
        {left > 0 ? <li>{t('transfers.conflict.more', { n: left })}</li> : null}
      </ul>
    </details>
  )
}
