import type { TotpSaveRequest } from '../../../contract/second-factor.ts'
import type { MessageKey } from '../../messages/message-key.ts'
import { callApi } from '../api.ts'
import { Button } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { PasswordField } from '../components/field.tsx'
import { FormFailure } from '../components/states.tsx'
import { t } from '../i18n.ts'
import { tellDone } from '../notices.tsx'
import { useForm } from '../use-form.ts'
import { ProtocolFields, type FactorProtocol } from './protocol-fields.tsx'
import './second-factor.css'

type What = 'protocols' | 'renew' | 'off'

const texts: Readonly<
  Record<What, { readonly title: MessageKey; readonly lead: MessageKey; readonly done: MessageKey }>
> = {
  protocols: { title: 'factor.change', lead: 'factor.changeText', done: 'factor.changed' },
  renew: { title: 'factor.renew', lead: 'factor.renewText', done: 'factor.renewed' },
  off: { title: 'factor.turnOff', lead: 'factor.turnOffText', done: 'factor.turnedOff' },
}

export interface ProofDialogProps {
  readonly what: What
  readonly kind: 'user' | 'admin'
  /** Where the code is asked for now. */
  readonly protocols: readonly FactorProtocol[]
  /** With recovery codes where new ones were made. */
  readonly onDone: (codes: readonly string[] | undefined) => void
  readonly onClose: () => void
}

/** What weakens the protection needs the password once more. */
export function ProofDialog({ what, kind, protocols: present, onDone, onClose }: ProofDialogProps) {
  const form = useForm({
    initial: { password: '', protocols: present },
    fields: ['password', 'protocols'],
    validate: ({ password, protocols }): Record<string, string> => ({
      ...(protocols.length === 0 && what === 'protocols' ? { protocols: t('factor.whereMissing') } : {}),
      ...(password === '' ? { password: t('signIn.passwordMissing') } : {}),
    }),
    send: async ({ password, protocols }) => {
      if (what === 'renew') {
        const codes = await callApi<string[]>('POST', `${kind}/2fa/recoverycodes`, { body: { password } })
        tellDone(t(texts[what].done))
        return onDone(codes)
      }
      const isOn = what === 'protocols'
      const body: TotpSaveRequest = {
        enabled: isOn,
        password,
        ...(isOn ? { protocols: [...protocols] } : {}),
      }
      await callApi('POST', `${kind}/totp/save`, { body })
      tellDone(t(texts[what].done))
      onDone(undefined)
    },
  })
  return (
    <Dialog title={t(texts[what].title)} onClose={onClose} isDirty={form.isDirty}>
      <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
        <p>{t(texts[what].lead)}</p>
        <FormFailure text={form.failure} />
        {what === 'protocols' ? (
          <ProtocolFields
            value={form.values.protocols}
            error={form.errors['protocols']}
            onChange={(protocols) => form.set({ protocols })}
          />
        ) : null}
        <PasswordField
          label={t('signIn.password')}
          name="password"
          autoComplete="current-password"
          value={form.values.password}
          error={form.errors['password']}
          onChange={(password) => form.set({ password })}
        />
        <div className="form-actions">
          <Button kind={what === 'off' ? 'danger' : 'primary'} type="submit" isBusy={form.isBusy}>
            {t(texts[what].title)}
          </Button>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
        </div>
      </form>
    </Dialog>
  )
}
