import { useEffect, useRef } from 'react'
import type { ConnectInfo } from '../../../contract/connect.ts'
import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { CopyButton } from '../../shared/components/copy-button.tsx'
import { Card } from '../../shared/components/page.tsx'
import { Progress } from '../../shared/components/progress.tsx'
import { Badge, Banner } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { tellFailure } from '../../shared/notices.tsx'
import { saveText } from '../../shared/save-text.ts'
import { goTo } from '../../shared/router.ts'
import { credentialsCsv } from './credentials-csv.ts'
import type { BulkResult, BulkRun } from './use-bulk-run.ts'

export interface BulkResultsProps {
  readonly run: BulkRun
  /** The passwords have been downloaded. */
  readonly onKept: () => void
}

/** How far it is, and then the passwords, which are shown here and nowhere else. */
export function BulkResults({ run, onKept }: BulkResultsProps) {
  const { total, results, isRunning } = run
  const region = useRef<HTMLDivElement>(null)
  // The button that started it went away with the form.
  useEffect(() => region.current?.focus(), [])
  const made = results.filter(({ error }) => error === undefined)
  const failed = results.filter(({ error }) => error !== undefined)
  const download = async () => {
    try {
      const info = await callApi<ConnectInfo>('GET', 'connect')
      const host = info.host === '' ? location.hostname : info.host
      const server = { host, sftpPort: info.sftp_port, ftpPort: info.ftp_port }
      saveText('credentials.csv', 'text/csv', credentialsCsv(made, server))
      onKept()
    } catch (error) {
      tellFailure(error)
    }
  }
  return (
    <div ref={region} className="bulk-results" tabIndex={-1}>
      <Card title={isRunning ? t('bulk.running') : t('bulk.done', { n: made.length })}>
        {isRunning ? (
          <>
            <Progress label={t('bulk.running')} value={results.length} max={total} />
            <p className="number" role="status">
              {t('bulk.progress', { done: results.length, total })}
            </p>
            <div>
              <Button icon="cancel" onClick={run.stop}>
                {t('bulk.stop')}
              </Button>
            </div>
          </>
        ) : (
          <>
            {results.length < total ? <Banner kind="warning">{t('bulk.stopped')}</Banner> : null}
            {failed.length === 0 ? null : (
              <Banner kind="warning">{t('bulk.failed', { n: failed.length })}</Banner>
            )}
            {made.length === 0 ? null : <Banner kind="info">{t('bulk.once')}</Banner>}
            <div className="form-actions">
              {made.length === 0 ? null : (
                <Button kind="primary" icon="download" onClick={() => void download()}>
                  {t('bulk.download')}
                </Button>
              )}
              {made.length === 0 ? <Button onClick={run.clear}>{t('bulk.again')}</Button> : null}
              <Button onClick={() => goTo('users')}>{t('users.backToList')}</Button>
            </div>
          </>
        )}
      </Card>
      {results.length === 0 ? null : (
        <Card>
          <ResultTable results={[...failed, ...made]} />
        </Card>
      )}
    </div>
  )
}

function ResultTable({ results }: { readonly results: readonly BulkResult[] }) {
  return (
    <div className="table-wrap">
      <table className="table users-results">
        <caption className="hidden">{t('bulk.results')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('users.name')}</th>
            <th scope="col">{t('users.status')}</th>
            <th scope="col">{t('signIn.password')}</th>
          </tr>
        </thead>
        <tbody>
          {results.map(({ name, password, error }) => (
            <tr key={name}>
              <th scope="row">
                <span className="name">{name}</span>
              </th>
              <td>
                {error === undefined ? (
                  <Badge kind="good">{t('bulk.made')}</Badge>
                ) : (
                  <span className="field-error">{error}</span>
                )}
              </td>
              <td>
                {password === '' ? null : (
                  <span className="users-secret">
                    <code>{password}</code>
                    <CopyButton text={password} label={t('bulk.copyOf', { name })} />
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
