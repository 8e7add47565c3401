import { useState } from 'react'
import type { EndedSession } from '../../../../contract/live.ts'
import { Button } from '../../../shared/components/button.tsx'
import { Card } from '../../../shared/components/page.tsx'
import { formatDuration, formatTime } from '../../../shared/format.ts'
import { formatNumber, t } from '../../../shared/i18n.ts'
import { endReasonKey } from '../end-reason.ts'

const shownAtFirst = 10

/** Sessions that are over, the newest first, and why. */
export function EndedTable({ sessions }: { readonly sessions: readonly EndedSession[] }) {
  const [isAll, setAll] = useState(false)
  const shown = isAll ? sessions : sessions.slice(0, shownAtFirst)
  return (
    <Card title={t('live.ended')}>
      {shown.length === 0 ? (
        <p className="soft">{t('live.noneEnded')}</p>
      ) : (
        <div className="table-wrap">
          <table className="table cards-on-phone live-ended">
            <thead>
              <tr>
                <th scope="col">{t('live.user')}</th>
                <th scope="col">{t('live.protocol')}</th>
                <th scope="col">{t('live.endedAt')}</th>
                <th scope="col">{t('live.lasted')}</th>
                <th scope="col">{t('live.reason')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((session) => (
                <EndedRow key={session.connection_id} session={session} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length < sessions.length ? (
        <Button onClick={() => setAll(true)}>
          {t('live.showAll', { count: formatNumber(sessions.length) })}
        </Button>
      ) : null}
    </Card>
  )
}

function EndedRow({ session }: { readonly session: EndedSession }) {
  const reason = endReasonKey(session.reason)
  return (
    <tr>
      <th scope="row">
        <span className="name">{session.username}</span>
      </th>
      <td data-label={t('live.protocol')}>{session.protocol}</td>
      <td data-label={t('live.endedAt')}>{formatTime(session.ended_at)}</td>
      <td data-label={t('live.lasted')} className="number">
        {formatDuration(session.duration_ms)}
      </td>
      <td data-label={t('live.reason')}>
        {reason === undefined ? <span className="name">{session.reason}</span> : t(reason)}
      </td>
    </tr>
  )
}
