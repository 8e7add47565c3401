import { useState } from 'react'
import type { ConnectionResource } from '../../../../contract/connection.ts'
import { Button } from '../../../shared/components/button.tsx'
import { TextField } from '../../../shared/components/field.tsx'
import { FoundCount } from '../../../shared/components/found-count.tsx'
import { Card } from '../../../shared/components/page.tsx'
import { Empty } from '../../../shared/components/states.tsx'
import { formatNumber, t } from '../../../shared/i18n.ts'
import type { Rates } from './live-rates.ts'
import { SessionRows } from './session-rows.tsx'

/** So many are drawn until more are asked for: they are drawn anew every second. */
const shownAtFirst = 100
/** A list that is longer can be searched. */
const searchedFrom = 8

export interface SessionTableProps {
  readonly connections: readonly ConnectionResource[]
  /** All of them; the server tells the newest alone when there are very many. */
  readonly count: number
  readonly rates: Rates
  /** Milliseconds since the epoch, by the server's clock. */
  readonly now: number
  readonly onKick: ((connection: ConnectionResource) => void) | undefined
}

/** Who is signed in, the newest first, and what each is moving. */
export function SessionTable({ connections, count, rates, now, onKick }: SessionTableProps) {
  const [search, setSearch] = useState('')
  const [isAll, setAll] = useState(false)
  const found = connections
    .filter((connection) => holds(connection, search.trim().toLowerCase()))
    .toReversed()
  const shown = isAll ? found : found.slice(0, shownAtFirst)
  return (
    <Card
      title={t('live.sessions')}
      actions={<span className="soft number">{t('live.count', { n: count })}</span>}
    >
      {connections.length < searchedFrom && search === '' ? null : (
        <div className="live-search">
          <TextField
            label={t('live.search')}
            name="search"
            type="search"
            value={search}
            onChange={setSearch}
          />
          <FoundCount isSearching={search !== ''} n={found.length} />
        </div>
      )}
      {shown.length === 0 ? (
        <Empty icon="live" title={search === '' ? t('live.nobody') : t('live.noMatch')} />
      ) : (
        <div className="table-wrap">
          <table className="table cards-on-phone live-sessions">
            <thead>
              <tr>
                <th scope="col">{t('live.user')}</th>
                <th scope="col">{t('live.protocol')}</th>
                <th scope="col">{t('live.client')}</th>
                <th scope="col">{t('live.since')}</th>
                <th scope="col">{t('live.idle')}</th>
                {onKick ? (
                  <th scope="col">
                    <span className="hidden">{t('live.actions')}</span>
                  </th>
                ) : null}
              </tr>
            </thead>
            {shown.map((connection) => (
              <SessionRows
                key={connection.connection_id}
                connection={connection}
                rates={rates}
                now={now}
                onKick={onKick}
              />
            ))}
          </table>
        </div>
      )}
      {shown.length < found.length ? (
        <Button onClick={() => setAll(true)}>
          {t('live.showAll', { count: formatNumber(found.length) })}
        </Button>
      ) : null}
      {connections.length < count ? (
        <p className="soft">{t('live.cut', { shown: connections.length, all: count })}</p>
      ) : null}
    </Card>
  )
}

function holds(connection: ConnectionResource, search: string): boolean {
  const { username, protocol, client_version: client, remote_address: address } = connection
  return [username, protocol, client, address].some((text) => text.toLowerCase().includes(search))
}
