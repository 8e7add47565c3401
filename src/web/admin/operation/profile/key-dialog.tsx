import { useState } from 'react'
import type { AdminKeyRequest, AdminKeyResource } from '../../../../contract/admin.ts'
import { callApi } from '../../../shared/api.ts'
import { Button } from '../../../shared/components/button.tsx'
import { CodeLine } from '../../../shared/components/code-line.tsx'
import { Dialog } from '../../../shared/components/dialog.tsx'
import { TextField } from '../../../shared/components/field.tsx'
import { Banner, FormFailure } from '../../../shared/components/states.tsx'
import { formatDate } from '../../../shared/format.ts'
import { t } from '../../../shared/i18n.ts'
import { useForm } from '../../../shared/use-form.ts'
import { endOfDay, isKeyEnd, toDay } from './key-end.ts'

const usualDays = 90
const dayMs = 24 * 60 * 60_000

export interface KeyDialogProps {
  readonly onMade: () => void
  readonly onClose: () => void
}

/** A key for scripts; what it is is shown once. */
export function KeyDialog({ onMade, onClose }: KeyDialogProps) {
  const [made, setMade] = useState<AdminKeyResource>()
  const form = useForm({
    initial: { name: '', day: toDay(Date.now() + usualDays * dayMs) },
    fields: ['name', 'expires_at'],
    validate: ({ name, day }): Record<string, string> => ({
      ...(name.trim() === '' ? { name: t('ownAccess.keyNameMissing') } : {}),
      ...(isKeyEnd(endOfDay(day), Date.now()) ? {} : { expires_at: t('ownAccess.keyEndWrong') }),
    }),
    send: async ({ name, day }) => {
      const body: AdminKeyRequest = { name: name.trim(), expires_at: endOfDay(day) }
      setMade(await callApi<AdminKeyResource>('POST', 'admin/tokens', { body }))
      onMade()
    },
  })
  if (made)
    return (
      <Dialog
        title={t('ownAccess.keyMade')}
        onClose={onClose}
        isClosable={false}
        actions={
          <Button kind="primary" onClick={onClose}>
            {t('ownAccess.keyKept')}
          </Button>
        }
      >
        <Banner kind="warning">{t('ownAccess.keyOnce')}</Banner>
        <CodeLine text={made.access_token} label={t('ownAccess.kind.key')} />
        <p className="soft">{t('ownAccess.keyUse', { date: formatDate(made.expires_at) })}</p>
      </Dialog>
    )
  return (
    <Dialog
      title={t('ownAccess.keyNew')}
      onClose={onClose}
      isDirty={form.isDirty}
      // Who leaves while the key is made would never see it.
      isClosable={!form.isBusy}
    >
      <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
        <p>{t('ownAccess.keyText')}</p>
        <FormFailure text={form.failure} />
        <TextField
          label={t('ownAccess.keyName')}
          name="name"
          isFocused
          value={form.values.name}
          hint={t('ownAccess.keyNameHint')}
          error={form.errors['name']}
          onChange={(name) => form.set({ name })}
        />
        <TextField
          label={t('ownAccess.keyEnd')}
          name="expires_at"
          type="date"
          value={form.values.day}
          hint={t('ownAccess.keyEndHint')}
          error={form.errors['expires_at']}
          onChange={(day) => form.set({ day })}
        />
        <div className="form-actions">
          <Button kind="primary" type="submit" isBusy={form.isBusy}>
            {t('ownAccess.keyMake')}
          </Button>
          <Button isDisabled={form.isBusy} onClick={onClose}>
            {t('action.cancel')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
