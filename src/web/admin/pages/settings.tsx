import { useState } from 'react'
import type { SettingsState } from '../../../contract/setting.ts'
import { callApi } from '../../shared/api.ts'
import { Page } from '../../shared/components/page.tsx'
import { Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { linkTo } from '../../shared/router.ts'
import { useLoaded } from '../../shared/use-loaded.ts'
import { EnvironmentTable } from '../operation/settings/environment-table.tsx'
import { SettingsForm } from '../operation/settings/settings-form.tsx'
import '../operation/settings/settings.css'

/** What can be changed while the server runs, and what it was started with. */
export function Settings() {
  const loaded = useLoaded((signal) => callApi<SettingsState>('GET', 'settings', { signal }), [])
  const [changed, setChanged] = useState<SettingsState>()
  const state = changed ?? loaded.value
  return (
    <Page
      title={t('settings.title')}
      lead={
        <>
          {t('settings.lead')} <a {...linkTo('maintenance')}>{t('settings.toBackups')}</a>
        </>
      }
    >
      {loaded.error === undefined ? null : <Failed error={loaded.error} onRetry={loaded.reload} />}
      {state === undefined ? (
        loaded.error === undefined && <Loading />
      ) : (
        <>
          <SettingsForm state={state} onChange={setChanged} />
          <EnvironmentTable entries={state.environment} />
        </>
      )}
    </Page>
  )
}
