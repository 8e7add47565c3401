import type { ConnectionResource } from '../../../../contract/connection.ts'
import { Button } from '../../../shared/components/button.tsx'
import { Icon } from '../../../shared/components/icon.tsx'
import { Badge } from '../../../shared/components/states.tsx'
import { formatBytes, formatDuration, formatRate, formatTime } from '../../../shared/format.ts'
import { t } from '../../../shared/i18n.ts'
import { transferKey, type Rates } from './live-rates.ts'

export interface SessionRowsProps {
  readonly connection: ConnectionResource
  readonly rates: Rates
  /** Milliseconds since the epoch, by the server's clock. */
  readonly now: number
  readonly onKick: ((connection: ConnectionResource) => void) | undefined
}

/** A session and, below it, its transfers. */
export function SessionRows({ connection, rates, now, onKick }: SessionRowsProps) {
  const { username, protocol, active_transfers: transfers } = connection
  return (
    <tbody>
      <tr>
        <th scope="row">
          <span className="name">{username}</span>
        </th>
        <td data-label={t('live.protocol')}>
          <Badge kind="neutral">{protocol}</Badge>
        </td>
        <td data-label={t('live.client')}>
          <span className="name">{connection.client_version || '–'}</span>
          <span className="soft live-address name">{connection.remote_address}</span>
        </td>
        <td data-label={t('live.since')} className="number" title={formatTime(connection.connection_time)}>
          {formatDuration(now - connection.connection_time)}
        </td>
        <td data-label={t('live.idle')} className="number">
          {transfers.length > 0 ? t('live.busy') : formatDuration(now - connection.last_activity)}
        </td>
        {onKick ? (
          <td className="end">
            <Button
              kind="quiet"
              icon="cancel"
              label={t('live.kickLabel', { user: username, protocol })}
              onClick={() => onKick(connection)}
            />
          </td>
        ) : null}
      </tr>
      {transfers.length === 0 ? null : (
        <tr className="live-transfers">
          <td colSpan={onKick ? 6 : 5}>
            <ul>
              {transfers.map((transfer) => {
                const key = transferKey(connection.connection_id, transfer)
                return (
                  <li key={key}>
                    <Icon name={transfer.operation_type} />
                    <span className="hidden">{t(directions[transfer.operation_type])}</span>
                    <span className="live-path name" title={transfer.path}>
                      {transfer.path}
                    </span>
                    <span className="number">{formatBytes(transfer.size)}</span>
                    <span className="number">{formatRate(rates.get(key) ?? 0)}</span>
                    <span className="number soft">{formatDuration(now - transfer.start_time)}</span>
                  </li>
                )
              })}
            </ul>
          </td>
        </tr>
      )}
    </tbody>
  )
}

const directions = { upload: 'live.upload', download: 'live.download' } as const
