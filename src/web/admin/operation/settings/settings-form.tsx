import type { LiveSettingsResource, SettingsState } from '../../../../contract/setting.ts'
import type { MessageKey } from '../../../messages/message-key.ts'
import { callApi } from '../../../shared/api.ts'
import { Button } from '../../../shared/components/button.tsx'
import { AreaField, NumberField, SelectField } from '../../../shared/components/field.tsx'
import { Card } from '../../../shared/components/page.tsx'
import { FormFailure } from '../../../shared/components/states.tsx'
import { t } from '../../../shared/i18n.ts'
import { tellDone, tellFailure } from '../../../shared/notices.tsx'
import { useForm } from '../../../shared/use-form.ts'
import { useLeaveDialog } from '../../users/use-leave-dialog.tsx'
import {
  changesOf,
  draftOf,
  maxBannerLength,
  numberLimits,
  numberNames,
  wrongNumbers,
  type NumberName,
  type SettingDraft,
  type SettingName,
} from './setting-draft.ts'
import { SettingFrame } from './setting-frame.tsx'

interface NumberLook {
  readonly label: MessageKey
  readonly hint: MessageKey
  readonly unit?: MessageKey
}

const numberLooks: Readonly<Record<NumberName, NumberLook>> = {
  max_connections: { label: 'settings.maxConnections', hint: 'settings.maxConnectionsHint' },
  login_grace: { label: 'settings.loginGrace', hint: 'settings.loginGraceHint', unit: 'settings.seconds' },
  idle_timeout: { label: 'settings.idleTimeout', hint: 'settings.idleTimeoutHint', unit: 'settings.seconds' },
  max_auth_tries: { label: 'settings.maxAuthTries', hint: 'settings.maxAuthTriesHint' },
  audit_retention_days: {
    label: 'settings.retention',
    hint: 'settings.retentionHint',
    unit: 'settings.days',
  },
}

const tlsModes: Readonly<
  Record<LiveSettingsResource['ftp_tls'], { readonly label: MessageKey; readonly hint: MessageKey }>
> = {
  allowed: { label: 'settings.tls.allowed', hint: 'settings.tls.allowedHint' },
  control: { label: 'settings.tls.control', hint: 'settings.tls.controlHint' },
  required: { label: 'settings.tls.required', hint: 'settings.tls.requiredHint' },
}

const labels: Readonly<Record<SettingName, MessageKey>> = {
  sftp_banner: 'settings.banner',
  ftp_tls: 'settings.tls',
  max_connections: 'settings.maxConnections',
  login_grace: 'settings.loginGrace',
  idle_timeout: 'settings.idleTimeout',
  max_auth_tries: 'settings.maxAuthTries',
  audit_retention_days: 'settings.retention',
}

export interface SettingsFormProps {
  readonly state: SettingsState
  readonly onChange: (state: SettingsState) => void
}

/** What can be changed while the server runs. */
export function SettingsForm({ state, onChange }: SettingsFormProps) {
  const form = useForm<SettingDraft>({
    initial: draftOf(state.current),
    fields: Object.keys(labels).map((name) => `set.${name}`),
    validate: check,
    send: async (draft) => {
      const set = changesOf(draft, state.current)
      const after = await callApi<SettingsState>('PUT', 'settings', { body: { set } })
      form.reset(draftOf(after.current), draft)
      onChange(after)
      const names = Object.keys(set).map((name) => t(labels[name as SettingName]))
      tellDone(t('settings.saved', { names: names.join(', ') }))
    },
  })
  const { values } = form
  const isDirty = Object.keys(changesOf(values, state.current)).length > 0
  const leaving = useLeaveDialog(isDirty, t('settings.leave'))
  const reset = async (name: SettingName) => {
    try {
      const after = await callApi<SettingsState>('PUT', 'settings', { body: { set: {}, reset: [name] } })
      form.set({ [name]: draftOf(after.current)[name] })
      onChange(after)
      tellDone(t('settings.resetDone', { name: t(labels[name]) }))
    } catch (error) {
      tellFailure(error)
    }
  }
  const frame = (name: SettingName) => ({
    label: t(labels[name]),
    isChanged: state.changed.includes(name),
    onReset: () => reset(name),
  })
  return (
    <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
      <FormFailure text={form.failure} />
      <Card title={t('settings.protocols')}>
        <SettingFrame {...frame('ftp_tls')}>
          <SelectField
            label={t('settings.tls')}
            name="set.ftp_tls"
            value={values.ftp_tls}
            choices={Object.entries(tlsModes).map(([value, { label }]) => ({
              value: value as LiveSettingsResource['ftp_tls'],
              label: t(label),
            }))}
            hint={t(tlsModes[values.ftp_tls].hint)}
            error={form.errors['set.ftp_tls']}
            onChange={(value) => form.set({ ftp_tls: value })}
          />
        </SettingFrame>
        <SettingFrame {...frame('sftp_banner')}>
          <AreaField
            label={t('settings.banner')}
            name="set.sftp_banner"
            value={values.sftp_banner}
            hint={t('settings.bannerHint')}
            error={form.errors['set.sftp_banner']}
            onChange={(value) => form.set({ sftp_banner: value })}
          />
        </SettingFrame>
      </Card>
      <Card title={t('settings.limits')}>
        <div className="form-columns">
          {numberNames.map((name) => {
            const { label, hint, unit } = numberLooks[name]
            const [min, max] = numberLimits[name]
            return (
              <SettingFrame key={name} {...frame(name)}>
                <NumberField
                  label={t(label)}
                  name={`set.${name}`}
                  value={values[name]}
                  min={min}
                  max={max}
                  {...(unit === undefined ? {} : { unit: t(unit) })}
                  hint={t(hint)}
                  error={form.errors[`set.${name}`]}
                  onChange={(value) => form.set({ [name]: value })}
                />
              </SettingFrame>
            )
          })}
        </div>
      </Card>
      <div className="form-actions settings-save">
        <Button kind="primary" type="submit" isBusy={form.isBusy} isDisabled={!isDirty}>
          {t('action.save')}
        </Button>
        {isDirty ? (
          <Button isDisabled={form.isBusy} onClick={() => form.reset(draftOf(state.current))}>
            {t('settings.discard')}
          </Button>
        ) : null}
      </div>
      {leaving}
    </form>
  )
}

function check(draft: SettingDraft): Record<string, string> {
  const numbers = wrongNumbers(draft).map((name) => {
    const [min, max] = numberLimits[name]
    return [`set.${name}`, t('settings.wrongNumber', { min, max })] as const
  })
  return {
    ...(draft.sftp_banner.length > maxBannerLength
      ? { 'set.sftp_banner': t('settings.bannerTooLong', { max: maxBannerLength }) }
      : {}),
    ...Object.fromEntries(numbers),
  }
}
