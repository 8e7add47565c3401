import { Suspense } from 'react'
import type { ConnectInfo } from '../../../contract/connect.ts'
import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { Dialog } from '../../shared/components/dialog.tsx'
import { Failed, Loading } from '../../shared/components/states.tsx'
import { connectTarget, type ConnectUser } from '../../shared/connect/connect-target.ts'
import { t } from '../../shared/i18n.ts'
import { lazyPart } from '../../shared/lazy-part.tsx'
import { useLoaded } from '../../shared/use-loaded.ts'

const ConnectPanel = lazyPart(
  async () => (await import('../../shared/connect/connect-panel.tsx')).ConnectPanel,
)

/** The panel for one user, as soon as the server has told its addresses. */
export function ConnectHelp({ user }: { readonly user: ConnectUser }) {
  const info = useLoaded((signal) => callApi<ConnectInfo>('GET', 'connect', { signal }), [])
  if (info.value === undefined)
    return info.error === undefined ? <Loading /> : <Failed error={info.error} onRetry={info.reload} />
  return (
    <Suspense fallback={<Loading />}>
      <ConnectPanel target={connectTarget(info.value, user, location.hostname)} />
    </Suspense>
  )
}

export interface ConnectDialogProps {
  readonly user: ConnectUser
  readonly onClose: () => void
}

export function ConnectDialog({ user, onClose }: ConnectDialogProps) {
  return (
    <Dialog
      title={t('users.connect.title', { name: user.username })}
      size="large"
      onClose={onClose}
      // A key pressed by mistake must not take a password away that is shown this once.
      isClosable={user.password === ''}
      actions={
        <Button kind="primary" onClick={onClose}>
          {user.password === '' ? t('action.close') : t('users.connect.haveCopied')}
        </Button>
      }
    >
      <ConnectHelp user={user} />
    </Dialog>
  )
}
