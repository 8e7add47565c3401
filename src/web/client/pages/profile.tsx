import type { Profile as ProfileData } from '../../../contract/profile.ts'
import { callApi } from '../../shared/api.ts'
import { Page } from '../../shared/components/page.tsx'
import { Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { SecondFactorCard } from '../../shared/second-factor/second-factor-card.tsx'
import { useLoaded } from '../../shared/use-loaded.ts'
import { AccountCard } from '../profile/account-card.tsx'
import { AppearanceCard } from '../profile/appearance-card.tsx'
import { ConnectCard } from '../profile/connect-card.tsx'
import { KeysCard } from '../profile/keys-card.tsx'
import { PasswordCard } from '../profile/password-card.tsx'
import { SessionsCard } from '../profile/sessions-card.tsx'
import './profile.css'

/** What users see of themselves, and what they may change. */
export function Profile() {
  const { value, error, reload } = useLoaded(
    (signal) => callApi<ProfileData>('GET', 'user/profile', { signal }),
    [],
  )
  return (
    <Page title={t('profile.title')}>
      {error === undefined ? null : <Failed error={error} onRetry={reload} />}
      {value === undefined ? (
        error === undefined ? (
          <Loading />
        ) : null
      ) : (
        <div className="profile">
          <div className="profile-column">
            <AccountCard profile={value} />
            {value.has_password ? <PasswordCard onChanged={reload} /> : null}
            {value.has_password ? <SecondFactorCard kind="user" /> : null}
            <AppearanceCard />
          </div>
          <div className="profile-column">
            <KeysCard keys={value.public_keys} onChanged={reload} />
            <SessionsCard />
          </div>
          <div className="profile-wide">
            <ConnectCard profile={value} />
          </div>
        </div>
      )}
    </Page>
  )
}
