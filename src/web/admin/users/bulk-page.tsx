import { useState } from 'react'
import { Page } from '../../shared/components/page.tsx'
import { Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { linkTo } from '../../shared/router.ts'
import { BulkForm, emptyBulkDraft } from './bulk-form.tsx'
import { BulkResults } from './bulk-results.tsx'
import { useBulkRun } from './use-bulk-run.ts'
import { useLeaveDialog } from './use-leave-dialog.tsx'
import { useStorages } from './use-storages.ts'

/** Many users at once, alike but for their names and passwords. */
export function BulkPage() {
  const storages = useStorages()
  const run = useBulkRun(storages.value ?? [])
  const [draft, setDraft] = useState(emptyBulkDraft)
  const [isKept, setKept] = useState(false)
  const hasPasswords = run.results.some(({ error }) => error === undefined)
  const leaving = useLeaveDialog(run.isRunning || (hasPasswords && !isKept), t('bulk.leave'))
  return (
    <Page
      title={t('bulk.title')}
      lead={
        <>
          {t('bulk.lead')} <a {...linkTo('users')}>{t('users.backToList')}</a>
        </>
      }
    >
      {storages.error === undefined ? null : <Failed error={storages.error} onRetry={storages.reload} />}
      {storages.value === undefined ? (
        storages.error === undefined ? (
          <Loading />
        ) : null
      ) : run.total === 0 ? (
        <BulkForm
          storages={storages.value}
          initial={draft}
          onStart={(started) => {
            setDraft(started)
            void run.start(started)
          }}
        />
      ) : (
        <BulkResults run={run} onKept={() => setKept(true)} />
      )}
      {leaving}
    </Page>
  )
}
