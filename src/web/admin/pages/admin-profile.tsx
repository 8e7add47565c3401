import { useState } from 'react'
import type { AdminTokenResource } from '../../../contract/admin.ts'
import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { Card, Page } from '../../shared/components/page.tsx'
import { Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { SecondFactorCard } from '../../shared/second-factor/second-factor-card.tsx'
import { useLoaded } from '../../shared/use-loaded.ts'
import { useAdmin } from '../admin-session.ts'
import { KeyDialog } from '../operation/profile/key-dialog.tsx'
import { PasswordCard } from '../operation/profile/password-card.tsx'
import { TokenTable } from '../operation/profile/token-table.tsx'
import { DeleteDialog } from '../users/delete-dialog.tsx'
import '../operation/profile/own-access.css'

/** The own password, and everything that can act in the own name. */
export function AdminProfile() {
  const { username, source } = useAdmin()
  const tokens = useLoaded((signal) => callApi<AdminTokenResource[]>('GET', 'admin/tokens', { signal }), [])
  const [isAdding, setAdding] = useState(false)
  const [revoked, setRevoked] = useState<AdminTokenResource>()
  return (
    <Page
      title={t('ownAccess.title')}
      lead={
        <>
          {t('ownAccess.signedInAs')} <span className="name">{username}</span>
        </>
      }
    >
      <PasswordCard onChanged={tokens.reload} />
      {source === 'local' ? <SecondFactorCard kind="admin" /> : null}
      <Card
        title={t('ownAccess.tokens')}
        actions={
          <Button icon="key" onClick={() => setAdding(true)}>
            {t('ownAccess.keyNew')}
          </Button>
        }
      >
        <p className="soft">{t('ownAccess.tokensText')}</p>
        {tokens.error === undefined ? null : <Failed error={tokens.error} onRetry={tokens.reload} />}
        {tokens.value === undefined ? (
          tokens.error === undefined && <Loading />
        ) : (
          <TokenTable tokens={tokens.value} onRevoke={setRevoked} />
        )}
      </Card>
      {isAdding ? <KeyDialog onMade={tokens.reload} onClose={() => setAdding(false)} /> : null}
      {revoked === undefined ? null : (
        <DeleteDialog
          title={t('ownAccess.revokeTitle')}
          text={revoked.kind === 'session' ? t('ownAccess.revokeSession') : t('ownAccess.revokeKey')}
          action={t('ownAccess.revoke')}
          doneText={t('ownAccess.revoked')}
          work={() => callApi('DELETE', `admin/tokens/${revoked.id}`)}
          onDone={tokens.reload}
          onClose={() => setRevoked(undefined)}
        />
      )}
    </Page>
  )
}
