import type { BackupFileResource, BackupRequest } from '../../../../contract/backup.ts'
import { callApi } from '../../../shared/api.ts'
import { Button } from '../../../shared/components/button.tsx'
import { Dialog } from '../../../shared/components/dialog.tsx'
import { PasswordField } from '../../../shared/components/field.tsx'
import { Banner, FormFailure } from '../../../shared/components/states.tsx'
import { t } from '../../../shared/i18n.ts'
import { tellDone } from '../../../shared/notices.tsx'
import { useForm } from '../../../shared/use-form.ts'

export interface MakeDialogProps {
  readonly onMade: () => void
  readonly onClose: () => void
}

/** A backup now, better with a passphrase. */
export function MakeDialog({ onMade, onClose }: MakeDialogProps) {
  const form = useForm({
    initial: { passphrase: '', again: '' },
    fields: ['passphrase'],
    validate: ({ passphrase, again }): Record<string, string> =>
      passphrase === again ? {} : { again: t('backups.notTheSame') },
    send: async ({ passphrase }) => {
      const body: BackupRequest = passphrase === '' ? {} : { passphrase }
      const made = await callApi<BackupFileResource>('POST', 'backups', { body })
      tellDone(t('backups.done', { name: made.name }))
      onMade()
      onClose()
    },
  })
  const { passphrase, again } = form.values
  return (
    <Dialog title={t('backups.make')} onClose={onClose} isDirty={form.isDirty}>
      <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
        <p>{t('backups.makeText')}</p>
        <FormFailure text={form.failure} />
        <PasswordField
          label={t('backups.passphrase')}
          name="passphrase"
          autoComplete="new-password"
          isFocused
          value={passphrase}
          hint={t('backups.passphraseHint')}
          error={form.errors['passphrase']}
          onChange={(value) => form.set({ passphrase: value })}
        />
        <PasswordField
          label={t('backups.again')}
          name="again"
          autoComplete="new-password"
          value={again}
          error={form.errors['again']}
          onChange={(value) => form.set({ again: value })}
        />
        {passphrase === '' ? <Banner kind="warning">{t('backups.withoutPassphrase')}</Banner> : null}
        <div className="form-actions">
          <Button kind="primary" type="submit" isBusy={form.isBusy}>
            {passphrase === '' ? t('backups.makePlain') : t('backups.makeEncrypted')}
          </Button>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
        </div>
      </form>
    </Dialog>
  )
}
