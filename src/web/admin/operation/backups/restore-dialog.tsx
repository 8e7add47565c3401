import { useState } from 'react'
import type { BackupFileResource, RestorePlan, RestoreRequest } from '../../../../contract/backup.ts'
import type { MessageKey } from '../../../messages/message-key.ts'
import { callApi } from '../../../shared/api.ts'
import { Button } from '../../../shared/components/button.tsx'
import { Dialog } from '../../../shared/components/dialog.tsx'
import { CheckField, PasswordField } from '../../../shared/components/field.tsx'
import { Banner, FormFailure } from '../../../shared/components/states.tsx'
import { failureText } from '../../../shared/failure-text.ts'
import { formatTime } from '../../../shared/format.ts'
import { t } from '../../../shared/i18n.ts'
import { useForm } from '../../../shared/use-form.ts'
import { PlanView } from './plan-view.tsx'

export interface RestoreDialogProps {
  readonly backup: BackupFileResource
  readonly onRestored: () => void
  readonly onClose: () => void
}

/** The title takes the focus when the step before is gone, and so is read out. */
const titles = {
  ask: 'backups.restore',
  plan: 'backups.planTitle',
  done: 'backups.restored',
} as const satisfies Record<string, MessageKey>

/** Nothing changes before it has been shown what would: passphrase, plan, restore, result. */
export function RestoreDialog({ backup, onRestored, onClose }: RestoreDialogProps) {
  const [step, setStep] = useState<keyof typeof titles>('ask')
  const [plan, setPlan] = useState<RestorePlan>()
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()
  const form = useForm({
    initial: { passphrase: '', removeOthers: false },
    fields: ['passphrase'],
    validate: ({ passphrase }): Record<string, string> =>
      backup.is_encrypted && passphrase === '' ? { passphrase: t('backups.passphraseMissing') } : {},
    send: async () => {
      setPlan(await callApi<RestorePlan>('POST', 'backups/plan', { body: request() }))
      setFailure(undefined)
      setStep('plan')
    },
  })
  const { passphrase, removeOthers } = form.values
  const request = (): RestoreRequest => ({
    name: backup.name,
    ...(backup.is_encrypted ? { passphrase } : {}),
    ...(removeOthers ? { remove_others: true } : {}),
  })
  const restore = async () => {
    setBusy(true)
    try {
      setPlan(await callApi<RestorePlan>('POST', 'backups/restore', { body: request() }))
      setStep('done')
      onRestored()
    } catch (error) {
      setFailure(failureText(error))
    }
    setBusy(false)
  }
  return (
    <Dialog
      title={t(titles[step])}
      size="large"
      onClose={onClose}
      isClosable={!isBusy}
      isDirty={step !== 'done' && passphrase !== ''}
      actions={
        step === 'ask' ? undefined : step === 'plan' ? (
          <>
            <Button icon="back" isDisabled={isBusy} onClick={() => setStep('ask')}>
              {t('backups.back')}
            </Button>
            <Button
              kind="danger"
              isBusy={isBusy}
              isDisabled={plan?.changes.length === 0}
              onClick={() => void restore()}
            >
              {t('backups.restoreNow')}
            </Button>
          </>
        ) : (
          <Button kind="primary" onClick={onClose}>
            {t('action.close')}
          </Button>
        )
      }
    >
      <p>
        <span className="name">{backup.name}</span>{' '}
        <span className="soft">({formatTime(backup.created_at)})</span>
      </p>
      {step === 'ask' ? (
        <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
          <FormFailure text={form.failure} />
          {backup.is_encrypted ? (
            <PasswordField
              label={t('backups.passphrase')}
              name="passphrase"
              isFocused
              value={passphrase}
              error={form.errors['passphrase']}
              onChange={(value) => form.set({ passphrase: value })}
            />
          ) : null}
          <CheckField
            label={t('backups.removeOthers')}
            name="remove_others"
            hint={t('backups.removeOthersHint')}
            isChecked={removeOthers}
            onChange={(isChecked) => form.set({ removeOthers: isChecked })}
          />
          <div className="form-actions">
            <Button kind="primary" type="submit" isBusy={form.isBusy}>
              {t('backups.showPlan')}
            </Button>
          </div>
        </form>
      ) : (
        <>
          <FormFailure text={failure} />
          {step === 'plan' ? <Banner kind="info">{t('backups.planText')}</Banner> : null}
          {plan === undefined ? null : <PlanView plan={plan} />}
        </>
      )}
    </Dialog>
  )
}
