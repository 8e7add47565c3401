import { useState } from 'react'
import type { ConnectionResource } from '../../../contract/connection.ts'
import type { MessageKey } from '../../messages/message-key.ts'
import { Card, Page } from '../../shared/components/page.tsx'
import { Badge, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { useMay } from '../admin-session.ts'
import { EndedTable } from '../operation/live/ended-table.tsx'
import { KickDialog } from '../operation/live/kick-dialog.tsx'
import type { LiveWay } from '../operation/live/live-feed.ts'
import { SessionTable } from '../operation/live/session-table.tsx'
import { TrafficChart } from '../operation/live/traffic-chart.tsx'
import { useLive } from '../operation/live/use-live.ts'
import { useNow } from '../operation/use-now.ts'
import '../operation/live/live.css'

const ways: Readonly<
  Record<LiveWay, { readonly kind: 'good' | 'neutral' | 'warning'; readonly text: MessageKey }>
> = {
  connecting: { kind: 'neutral', text: 'live.way.connecting' },
  stream: { kind: 'good', text: 'live.way.stream' },
  polling: { kind: 'good', text: 'live.way.polling' },
  reconnecting: { kind: 'warning', text: 'live.way.reconnecting' },
}

/** Who is connected and what moves, while it happens. */
export function Live() {
  const { state, way, rates, ahead } = useLive()
  const now = useNow() + ahead
  const may = useMay()
  const [kicked, setKicked] = useState<ConnectionResource>()
  const { kind, text } = ways[way]
  return (
    <Page
      title={t('live.title')}
      lead={t('live.lead')}
      actions={
        <span role="status">
          <Badge kind={kind}>{t(text)}</Badge>
        </span>
      }
    >
      {state === undefined ? (
        <Loading />
      ) : (
        <>
          <Card title={t('live.chart.title')}>
            <TrafficChart samples={state.traffic} now={now} />
          </Card>
          <SessionTable
            connections={state.connections}
            count={state.connection_count}
            rates={rates}
            now={now}
            onKick={may('close_conns') ? setKicked : undefined}
          />
          <EndedTable sessions={state.ended} />
        </>
      )}
      {kicked === undefined ? null : <KickDialog connection={kicked} onClose={() => setKicked(undefined)} />}
    </Page>
  )
}
