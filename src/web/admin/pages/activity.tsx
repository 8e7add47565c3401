import { useMemo, useState } from 'react'
import type { DownloadTicket } from '../../../contract/file.ts'
import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { Menu } from '../../shared/components/menu.tsx'
import { FoundCount } from '../../shared/components/found-count.tsx'
import { Card, Page } from '../../shared/components/page.tsx'
import { Empty, Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { tellFailure } from '../../shared/notices.tsx'
import { goTo, usePlace } from '../../shared/router.ts'
import {
  parseFilter,
  printFilter,
  toRequest,
  type ActivityFilter,
} from '../operation/activity/activity-filter.ts'
import { ActivityTable } from '../operation/activity/activity-table.tsx'
import { FilterForm } from '../operation/activity/filter-form.tsx'
import { useActivity } from '../operation/activity/use-activity.ts'
import { followTicket } from '../operation/follow-ticket.ts'
import '../operation/activity/activity.css'

/** Who did what, the newest first. */
export function Activity() {
  const { detail } = usePlace()
  const filter = useMemo(() => parseFilter(detail), [detail])
  const [isOpen] = useState(() => isWide() || detail !== '')
  const activity = useActivity(filter, detail)
  const { records, error, isLoading, hasMore } = activity
  return (
    <Page
      title={t('activity.title')}
      lead={t('activity.lead')}
      actions={
        <>
          <Button icon="refresh" isBusy={isLoading} onClick={activity.reload}>
            {t('activity.refresh')}
          </Button>
          <Menu
            label={t('activity.export')}
            icon="download"
            text={t('activity.export')}
            items={[
              { label: t('activity.exportCsv'), icon: 'file', onChoose: () => void exportAs(filter, 'csv') },
              {
                label: t('activity.exportJson'),
                icon: 'file',
                onChoose: () => void exportAs(filter, 'json'),
              },
            ]}
          />
        </>
      }
    >
      <Card>
        <details className="activity-search" open={isOpen}>
          <summary>{t('activity.filter')}</summary>
          <FilterForm
            filter={filter}
            onChange={(changed) => goTo('events', printFilter(changed), { replace: true })}
          />
        </details>
        <FoundCount
          isSearching={detail !== '' && records !== undefined && !isLoading}
          n={records?.length ?? 0}
          hasMore={hasMore}
        />
        {error === undefined ? null : <Failed error={error} onRetry={activity.reload} />}
        {records === undefined ? (
          error === undefined && <Loading />
        ) : records.length === 0 ? (
          <Empty icon="activity" title={t('activity.nothing')}>
            <p>{detail === '' ? t('activity.nothingYet') : t('activity.noMatch')}</p>
          </Empty>
        ) : (
          <div aria-busy={isLoading}>
            <ActivityTable records={records} />
          </div>
        )}
        {hasMore ? (
          <Button icon="down" isBusy={isLoading} onClick={activity.loadOlder}>
            {t('activity.older')}
          </Button>
        ) : null}
      </Card>
    </Page>
  )
}

/** On a phone the filter would fill the screen. */
function isWide(): boolean {
  return matchMedia('(min-width: 701px)').matches
}

async function exportAs(filter: ActivityFilter, format: 'csv' | 'json'): Promise<void> {
  try {
    const body = { ...toRequest(filter), format }
    followTicket(await callApi<DownloadTicket>('POST', 'events/exports', { body }))
  } catch (error) {
    tellFailure(error)
  }
}
