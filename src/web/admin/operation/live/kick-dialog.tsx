import { useState } from 'react'
import type { ConnectionResource } from '../../../../contract/connection.ts'
import { ApiFailure, callApi } from '../../../shared/api.ts'
import { ConfirmDialog } from '../../../shared/components/dialog.tsx'
import { t } from '../../../shared/i18n.ts'
import { tellDone, tellFailure } from '../../../shared/notices.tsx'

export interface KickDialogProps {
  readonly connection: ConnectionResource
  readonly onClose: () => void
}

/** Ends a session, after asking. */
export function KickDialog({ connection, onClose }: KickDialogProps) {
  const [isBusy, setBusy] = useState(false)
  const { username, protocol, connection_id: id } = connection
  const kick = async () => {
    setBusy(true)
    try {
      await callApi('DELETE', `connections/${encodeURIComponent(id)}`)
      tellDone(t('live.kicked', { user: username }))
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 404)
        tellDone(t('live.goneAlready', { user: username }))
      else tellFailure(error)
    }
    onClose()
  }
  return (
    <ConfirmDialog
      title={t('live.kickTitle', { user: username, protocol })}
      text={
        <>
          <p>{t('live.kickText')}</p>
          <p>{t('live.kickAdvice')}</p>
        </>
      }
      action={t('live.kick')}
      isDangerous
      isBusy={isBusy}
      onConfirm={() => void kick()}
      onClose={onClose}
    />
  )
}
