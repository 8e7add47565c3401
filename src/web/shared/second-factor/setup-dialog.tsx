import type { TotpSaved, TotpSaveRequest, TotpSecretResource } from '../../../contract/second-factor.ts'
import { callApi } from '../api.ts'
import { Button } from '../components/button.tsx'
import { CodeLine } from '../components/code-line.tsx'
import { Dialog } from '../components/dialog.tsx'
import { TextField } from '../components/field.tsx'
import { Failed, FormFailure, Loading } from '../components/states.tsx'
import { QrCode } from '../connect/qr-code.tsx'
import { t } from '../i18n.ts'
import { type Form, useForm } from '../use-form.ts'
import { useLoaded } from '../use-loaded.ts'
import { allProtocols, ProtocolFields, type FactorProtocol } from './protocol-fields.tsx'
import './second-factor.css'

export interface SetupDialogProps {
  readonly kind: 'user' | 'admin'
  /** With the recovery codes. */
  readonly onDone: (codes: readonly string[] | undefined) => void
  readonly onClose: () => void
}

interface Draft {
  readonly protocols: readonly FactorProtocol[]
  readonly passcode: string
}

/** A picture for the authenticator, and the first code that it shows. */
export function SetupDialog({ kind, onDone, onClose }: SetupDialogProps) {
  const isUser = kind === 'user'
  const made = useLoaded(
    (signal) => callApi<TotpSecretResource>('POST', `${kind}/totp/generate`, { body: {}, signal }),
    [],
  )
  const form = useForm<Draft>({
    initial: { protocols: allProtocols, passcode: '' },
    fields: ['protocols', 'passcode'],
    validate: ({ protocols, passcode }): Record<string, string> => ({
      ...(isUser && protocols.length === 0 ? { protocols: t('factor.whereMissing') } : {}),
      ...(/^\d{6}$/.test(passcode.replaceAll(/\s/g, '')) ? {} : { passcode: t('factor.codeMissing') }),
    }),
    send: async ({ protocols, passcode }) => {
      const body: TotpSaveRequest = {
        ...{ enabled: true, passcode, secret: { status: 'Plain', payload: made.value?.secret ?? '' } },
        ...(isUser ? { protocols: [...protocols] } : {}),
      }
      const saved = await callApi<TotpSaved>('POST', `${kind}/totp/save`, { body })
      onDone(saved.recovery_codes)
    },
  })
  return (
    <Dialog title={t('factor.setup')} onClose={onClose} isDirty={form.isDirty}>
      {made.error === undefined ? null : <Failed error={made.error} onRetry={made.reload} />}
      {made.value === undefined ? (
        made.error === undefined && <Loading />
      ) : (
        <SetupForm isUser={isUser} made={made.value} form={form} onClose={onClose} />
      )}
    </Dialog>
  )
}

interface SetupFormProps {
  readonly isUser: boolean
  readonly made: TotpSecretResource
  readonly form: Form<Draft>
  readonly onClose: () => void
}

function SetupForm({ isUser, made, form, onClose }: SetupFormProps) {
  return (
    <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
      <FormFailure text={form.failure} />
      <p>{t('factor.scan')}</p>
      <div className="factor-qr">
        <QrCode text={made.url} label={t('factor.qr')} />
      </div>
      <p className="soft">{t('factor.byHand')}</p>
      <CodeLine text={made.secret} label={t('factor.secret')} />
      {isUser ? (
        <ProtocolFields
          value={form.values.protocols}
          error={form.errors['protocols']}
          onChange={(protocols) => form.set({ protocols })}
        />
      ) : null}
      <TextField
        label={t('factor.code')}
        name="passcode"
        autoComplete="one-time-code"
        value={form.values.passcode}
        hint={t('factor.codeHint')}
        error={form.errors['passcode']}
        onChange={(passcode) => form.set({ passcode })}
      />
      <div className="form-actions">
        <Button kind="primary" type="submit" isBusy={form.isBusy}>
          {t('factor.turnOn')}
        </Button>
        <Button onClick={onClose}>{t('action.cancel')}</Button>
      </div>
    </form>
  )
}
