import type { SettingsState } from '../../../../contract/setting.ts'
import { Card } from '../../../shared/components/page.tsx'
import { Badge } from '../../../shared/components/states.tsx'
import { t } from '../../../shared/i18n.ts'

/** Variables that the server was started with; to be changed where it is started, not here. */
export function EnvironmentTable({ entries }: { readonly entries: SettingsState['environment'] }) {
  return (
    <Card title={t('settings.environment')}>
      <p className="soft">{t('settings.environmentText')}</p>
      <div className="table-wrap">
        <table className="table cards-on-phone settings-environment">
          <thead>
            <tr>
              <th scope="col">{t('settings.variable')}</th>
              <th scope="col">{t('settings.value')}</th>
              <th scope="col">{t('settings.meaning')}</th>
            </tr>
          </thead>
          <tbody>
            {entries.map(({ name, value, is_default: isDefault, description }) => (
              <tr key={name}>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td data-label={t('settings.value')}>
                  <code className="name">{value === '' ? '–' : value}</code>{' '}
                  {isDefault ? null : <Badge kind="neutral">{t('settings.given')}</Badge>}
                </td>
                <td className="soft" lang="en">
                  {description.replaceAll('`', '')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}
