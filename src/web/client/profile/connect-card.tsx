import type { ConnectInfo } from '../../../contract/connect.ts'
import type { Profile } from '../../../contract/profile.ts'
import { callApi } from '../../shared/api.ts'
import { Card } from '../../shared/components/page.tsx'
import { Failed, Loading } from '../../shared/components/states.tsx'
import { ConnectPanel } from '../../shared/connect/connect-panel.tsx'
import { connectTarget } from '../../shared/connect/connect-target.ts'
import { t } from '../../shared/i18n.ts'
import { useLoaded } from '../../shared/use-loaded.ts'

/** How to reach the files with other programs. */
export function ConnectCard({ profile }: { readonly profile: Profile }) {
  const { value, error, reload } = useLoaded(
    (signal) => callApi<ConnectInfo>('GET', 'user/connect', { signal }),
    [],
  )
  const user = {
    username: profile.username,
    password: '',
    deniedProtocols: [],
    deniedLoginMethods: profile.has_password ? [] : ['password'],
    ftpSecurity: 0,
  }
  return (
    <Card title={t('profile.connect')}>
      {error === undefined ? null : <Failed error={error} onRetry={reload} />}
      {value === undefined && error === undefined ? <Loading /> : null}
      {value === undefined ? null : <ConnectPanel target={connectTarget(value, user, location.hostname)} />}
    </Card>
  )
}
