import { useState } from 'react'
import type { ConnectionResource } from '../../../contract/connection.ts'
import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { ConfirmDialog } from '../../shared/components/dialog.tsx'
import { Card } from '../../shared/components/page.tsx'
import { Badge, Failed, Loading } from '../../shared/components/states.tsx'
import { formatTime } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { tellDone, tellFailure } from '../../shared/notices.tsx'
import { useLoaded } from '../../shared/use-loaded.ts'
import { browserOf } from './browser-name.ts'
import { useUser } from '../user-session.ts'

/** Where the user is signed in, and a way to end it. */
export function SessionsCard() {
  const { connection_id: own } = useUser()
  const { value, error, reload } = useLoaded(
    (signal) => callApi<ConnectionResource[]>('GET', 'user/connections', { signal }),
    [],
  )
  const [isAsking, setAsking] = useState(false)
  const [busy, setBusy] = useState<readonly string[]>([])
  const others = (value ?? []).filter(({ connection_id: id }) => id !== own)
  const end = async (ids: readonly string[]) => {
    setBusy(ids)
    try {
      for (const id of ids) await callApi('DELETE', `user/connections/${encodeURIComponent(id)}`)
      tellDone(t('profile.sessions.ended'))
    } catch (failure) {
      tellFailure(failure)
    }
    setBusy([])
    setAsking(false)
    reload()
  }
  return (
    <Card
      title={t('profile.sessions')}
      actions={
        <>
          <Button kind="quiet" icon="refresh" label={t('profile.sessions.reload')} onClick={reload} />
          <Button icon="signOut" isDisabled={others.length === 0} onClick={() => setAsking(true)}>
            {t('profile.sessions.endOthers')}
          </Button>
        </>
      }
    >
      {error === undefined ? null : <Failed error={error} onRetry={reload} />}
      {value === undefined && error === undefined ? <Loading /> : null}
      <ul className="profile-list">
        {value?.map((connection) => (
          <li key={connection.connection_id}>
            <Connection
              connection={connection}
              isOwn={connection.connection_id === own}
              isBusy={busy.includes(connection.connection_id)}
              onEnd={() => void end([connection.connection_id])}
            />
          </li>
        ))}
      </ul>
      {isAsking ? (
        <ConfirmDialog
          title={t('profile.sessions.endTitle', { n: others.length })}
          text={t('profile.sessions.endText')}
          action={t('profile.sessions.endOthers')}
          isDangerous
          isBusy={busy.length > 0}
          onConfirm={() => void end(others.map(({ connection_id: id }) => id))}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </Card>
  )
}

interface ConnectionProps {
  readonly connection: ConnectionResource
  readonly isOwn: boolean
  readonly isBusy: boolean
  readonly onEnd: () => void
}

function Connection({ connection, isOwn, isBusy, onEnd }: ConnectionProps) {
  const { protocol, client_version: client, remote_address: address, connection_time: since } = connection
  return (
    <>
      <div className="profile-what">
        <span className="profile-session">
          <Badge kind={isOwn ? 'good' : 'neutral'}>{isOwn ? t('profile.sessions.own') : protocol}</Badge>{' '}
          <span className="name" title={client}>
            {programOf(client)}
          </span>
        </span>
        <span className="soft">
          <span className="name">{address}</span> ·{' '}
          {t('profile.sessions.since', { time: formatTime(since, 'short') })}
        </span>
      </div>
      {isOwn ? null : (
        <Button
          kind="quiet"
          icon="signOut"
          label={t('profile.sessions.endOne', { protocol, address })}
          isBusy={isBusy}
          onClick={onEnd}
        />
      )}
    </>
  )
}

function programOf(client: string): string {
  const browser = browserOf(client)
  if (browser) return t('profile.sessions.browser', { browser: browser.name, system: browser.system })
  return client === '' ? t('profile.sessions.unknown') : client
}
