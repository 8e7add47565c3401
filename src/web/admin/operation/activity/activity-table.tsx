import type { AuditRecordResource } from '../../../../contract/audit.ts'
import { Icon } from '../../../shared/components/icon.tsx'
import { formatBytes, formatDuration, formatTime } from '../../../shared/format.ts'
import { t } from '../../../shared/i18n.ts'
import { actionLooks, detailKey, partsOfDetail } from './action-labels.ts'

/** What happened, one line each. */
export function ActivityTable({ records }: { readonly records: readonly AuditRecordResource[] }) {
  return (
    <div className="table-wrap">
      <table className="table cards-on-phone activity-table">
        <thead>
          <tr>
            <th scope="col">{t('activity.time')}</th>
            <th scope="col">{t('activity.user')}</th>
            <th scope="col">{t('activity.protocol')}</th>
            <th scope="col">{t('activity.what')}</th>
            <th scope="col">{t('activity.path')}</th>
            <th scope="col">{t('activity.details')}</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <ActivityRow key={record.id} record={record} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function ActivityRow({ record }: { readonly record: AuditRecordResource }) {
  const { label, icon, isFailure } = actionLooks[record.action]
  return (
    <tr>
      <td className="number soft activity-time">{formatTime(record.at)}</td>
      <td className="activity-user">
        <span className="name">{record.username || '–'}</span>
      </td>
      <td>{record.protocol}</td>
      <td>
        <span className={isFailure === true ? 'activity-what activity-failed' : 'activity-what'}>
          <Icon name={icon} />
          {t(label)}
        </span>
      </td>
      <td className="activity-path">
        {record.path === '' ? null : <span className="name">{record.path}</span>}
        {record.target === '' ? null : (
          <>
            {' → '}
            <span className="name">{record.target}</span>
          </>
        )}
      </td>
      <td className="soft activity-about">
        <Details record={record} />
      </td>
    </tr>
  )
}

/** Size, time, reason and address, as far as they say something. */
function Details({ record }: { readonly record: AuditRecordResource }) {
  const [operation, detail] = partsOfDetail(record.detail)
  const key = detailKey(detail)
  const isTransfer = record.duration_ms > 0 || /^(upload|download)/.test(record.action)
  const parts = [
    record.bytes > 0 || /^(upload|download|copy)/.test(record.action) ? formatBytes(record.bytes) : '',
    isTransfer ? formatDuration(record.duration_ms) : '',
    operation,
    key === undefined ? detail : t(key),
    record.remote_address,
  ].filter((part) => part !== '')
  return (
    <ul className="activity-details">
      {parts.map((part, index) => (
        <li key={index} className="name">
          {part}
        </li>
      ))}
    </ul>
  )
}
