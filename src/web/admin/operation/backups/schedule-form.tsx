import { useState } from 'react'
import type { SettingsState } from '../../../../contract/setting.ts'
import { callApi } from '../../../shared/api.ts'
import { Button } from '../../../shared/components/button.tsx'
import { CheckField, NumberField, PasswordField } from '../../../shared/components/field.tsx'
import { Badge, FormFailure } from '../../../shared/components/states.tsx'
import { t } from '../../../shared/i18n.ts'
import { tellDone } from '../../../shared/notices.tsx'
import { useForm } from '../../../shared/use-form.ts'
import { useLeaveDialog } from '../../users/use-leave-dialog.tsx'
import { wholeNumber } from '../whole-number.ts'
import { changeOf, draftOf, isChanged, type ScheduleDraft } from './schedule-draft.ts'

const [maxHours, maxKept] = [8760, 1000]

export interface ScheduleFormProps {
  readonly settings: SettingsState
  readonly onSaved: () => void
}

/** How often a backup is made by itself, how many stay, and how they are encrypted. */
export function ScheduleForm({ settings, onSaved }: ScheduleFormProps) {
  // What the form was filled with last; what is kept may be something else by now.
  const [base, setBase] = useState(settings.current)
  const form = useForm<ScheduleDraft>({
    initial: draftOf(base),
    fields: ['set.backup_interval_hours', 'set.backup_keep', 'backup_passphrase'],
    validate: check,
    send: async (draft) => {
      const saved = await callApi<SettingsState>('PUT', 'settings', { body: changeOf(draft, base) })
      setBase(saved.current)
      form.reset(draftOf(saved.current), draft)
      tellDone(t('backups.scheduleSaved'))
      onSaved()
    },
  })
  const isDirty = isChanged(form.values, base)
  const leaving = useLeaveDialog(isDirty, t('backups.leave'))
  const { hours, keep, passphrase, again, endsEncryption } = form.values
  return (
    <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
      <FormFailure text={form.failure} />
      <div className="form-columns">
        <NumberField
          label={t('backups.hours')}
          name="set.backup_interval_hours"
          value={hours}
          min={0}
          max={maxHours}
          unit={t('backups.hoursUnit')}
          hint={t('backups.hoursHint')}
          error={form.errors['set.backup_interval_hours']}
          onChange={(value) => form.set({ hours: value })}
        />
        <NumberField
          label={t('backups.keep')}
          name="set.backup_keep"
          value={keep}
          min={1}
          max={maxKept}
          hint={t('backups.keepHint')}
          error={form.errors['set.backup_keep']}
          onChange={(value) => form.set({ keep: value })}
        />
      </div>
      <p>
        <Badge kind={settings.has_backup_passphrase ? 'good' : 'warning'}>
          {settings.has_backup_passphrase ? t('backups.encrypted') : t('backups.readable')}
        </Badge>{' '}
        {settings.has_backup_passphrase ? t('backups.scheduleEncrypted') : t('backups.scheduleReadable')}
      </p>
      {settings.has_backup_passphrase ? (
        <CheckField
          label={t('backups.endEncryption')}
          name="endsEncryption"
          isChecked={endsEncryption}
          onChange={(isChecked) => form.set({ endsEncryption: isChecked })}
        />
      ) : null}
      {endsEncryption ? null : (
        <div className="form-columns">
          <PasswordField
            label={settings.has_backup_passphrase ? t('backups.newPassphrase') : t('backups.passphrase')}
            name="backup_passphrase"
            autoComplete="new-password"
            value={passphrase}
            hint={t('backups.schedulePassphraseHint')}
            error={form.errors['backup_passphrase']}
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
        </div>
      )}
      <div className="form-actions">
        <Button type="submit" isBusy={form.isBusy} isDisabled={!isDirty}>
          {t('action.save')}
        </Button>
      </div>
      {leaving}
    </form>
  )
}

function check({ hours, keep, passphrase, again, endsEncryption }: ScheduleDraft): Record<string, string> {
  return {
    ...(wholeNumber(hours, 0, maxHours) === undefined
      ? { 'set.backup_interval_hours': t('settings.wrongNumber', { min: 0, max: maxHours }) }
      : {}),
    ...(wholeNumber(keep, 1, maxKept) === undefined
      ? { 'set.backup_keep': t('settings.wrongNumber', { min: 1, max: maxKept }) }
      : {}),
    ...(!endsEncryption && passphrase !== again ? { again: t('backups.notTheSame') } : {}),
  }
}
