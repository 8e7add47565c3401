import { useState } from 'react'
import type { BackupFileResource } from '../../../contract/backup.ts'
import type { DownloadTicket } from '../../../contract/file.ts'
import type { SettingsState } from '../../../contract/setting.ts'
import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { Card, Page } from '../../shared/components/page.tsx'
import { Empty, Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { tellFailure } from '../../shared/notices.tsx'
import { useLoaded } from '../../shared/use-loaded.ts'
import { BackupTable } from '../operation/backups/backup-table.tsx'
import { MakeDialog } from '../operation/backups/make-dialog.tsx'
import { RestoreDialog } from '../operation/backups/restore-dialog.tsx'
import { ScheduleForm } from '../operation/backups/schedule-form.tsx'
import { followTicket } from '../operation/follow-ticket.ts'
import { DeleteDialog } from '../users/delete-dialog.tsx'
import '../operation/backups/backups.css'

type Open =
  { readonly dialog: 'make' } | { readonly dialog: 'restore' | 'delete'; readonly backup: BackupFileResource }

/** Users, folders, admins and settings as files, made by hand and by the clock. */
export function Backups() {
  const backups = useLoaded((signal) => callApi<BackupFileResource[]>('GET', 'backups', { signal }), [])
  const settings = useLoaded((signal) => callApi<SettingsState>('GET', 'settings', { signal }), [])
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  return (
    <Page
      title={t('backups.title')}
      lead={t('backups.lead')}
      actions={
        <Button kind="primary" icon="add" onClick={() => setOpen({ dialog: 'make' })}>
          {t('backups.make')}
        </Button>
      }
    >
      <Card title={t('backups.files')}>
        {backups.error === undefined ? null : <Failed error={backups.error} onRetry={backups.reload} />}
        {backups.value === undefined ? (
          backups.error === undefined && <Loading />
        ) : backups.value.length === 0 ? (
          <Empty icon="backup" title={t('backups.none')}>
            <p>{t('backups.noneText')}</p>
          </Empty>
        ) : (
          <BackupTable
            backups={backups.value}
            onDownload={(backup) => void download(backup)}
            onRestore={(backup) => setOpen({ dialog: 'restore', backup })}
            onDelete={(backup) => setOpen({ dialog: 'delete', backup })}
          />
        )}
      </Card>
      <Card title={t('backups.schedule')}>
        {settings.error === undefined ? null : <Failed error={settings.error} onRetry={settings.reload} />}
        {settings.value === undefined ? (
          settings.error === undefined && <Loading />
        ) : (
          <ScheduleForm settings={settings.value} onSaved={settings.reload} />
        )}
      </Card>
      {open?.dialog === 'make' ? <MakeDialog onMade={backups.reload} onClose={close} /> : null}
      {open?.dialog === 'restore' ? (
        <RestoreDialog backup={open.backup} onRestored={settings.reload} onClose={close} />
      ) : null}
      {open?.dialog === 'delete' ? (
        <DeleteDialog
          title={t('backups.deleteTitle')}
          text={t('backups.deleteText', { name: open.backup.name })}
          action={t('backups.delete')}
          doneText={t('backups.deleted', { name: open.backup.name })}
          work={() => callApi('POST', 'backups/remove', { body: { name: open.backup.name } })}
          onDone={backups.reload}
          onClose={close}
        />
      ) : null}
    </Page>
  )
}

async function download({ name }: BackupFileResource): Promise<void> {
  try {
    followTicket(await callApi<DownloadTicket>('POST', 'backups/links', { body: { name } }))
  } catch (error) {
    tellFailure(error)
  }
}
