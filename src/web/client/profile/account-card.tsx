import type { Profile } from '../../../contract/profile.ts'
import type { MessageKey } from '../../messages/message-key.ts'
import { Card } from '../../shared/components/page.tsx'
import { Progress } from '../../shared/components/progress.tsx'
import { formatBytes, formatDate, formatTime } from '../../shared/format.ts'
import { formatNumber, t } from '../../shared/i18n.ts'

/** Who the user is here, and how much room there is. */
export function AccountCard({ profile }: { readonly profile: Profile }) {
  const rows: readonly (readonly [MessageKey, string])[] = [
    ['profile.username', profile.username],
    ['profile.email', profile.email],
    ['profile.description', profile.description],
    ['profile.expires', profile.expiration_date === 0 ? '' : formatDate(profile.expiration_date)],
    [
      'profile.passwordChanged',
      profile.last_password_change === 0 ? '' : formatTime(profile.last_password_change, 'short'),
    ],
  ]
  return (
    <Card title={t('profile.account')}>
      <dl className="profile-data">
        {rows.map(([label, value]) =>
          value === '' ? null : (
            <div key={label}>
              <dt>{t(label)}</dt>
              <dd>
                <span className="name">{value}</span>
              </dd>
            </div>
          ),
        )}
      </dl>
      <Quota
        label={t('profile.quotaSize')}
        used={profile.used_quota_size}
        limit={profile.quota_size}
        format={formatBytes}
      />
      <Quota
        label={t('profile.quotaFiles')}
        used={profile.used_quota_files}
        limit={profile.quota_files}
        format={formatNumber}
      />
    </Card>
  )
}

interface QuotaProps {
  readonly label: string
  readonly used: number
  readonly limit: number
  readonly format: (amount: number) => string
}

function Quota({ label, used, limit, format }: QuotaProps) {
  const text =
    limit === 0
      ? t('profile.noLimit', { used: format(used) })
      : t('profile.ofLimit', { used: format(used), limit: format(limit) })
  return (
    <div className="profile-quota">
      <p>
        <strong>{label}</strong> <span className="soft number">{text}</span>
      </p>
      {limit === 0 ? null : <Progress label={label} value={used} max={limit} isUsage />}
    </div>
  )
}
