import type { ChangePasswordRequest } from '../../../../contract/profile.ts'
import type { AdminSession } from '../../../../contract/session.ts'
import type { MessageKey } from '../../../messages/message-key.ts'
import { callApi } from '../../../shared/api.ts'
import { Button } from '../../../shared/components/button.tsx'
import { PasswordField } from '../../../shared/components/field.tsx'
import { Card } from '../../../shared/components/page.tsx'
import { FormFailure } from '../../../shared/components/states.tsx'
import { t } from '../../../shared/i18n.ts'
import { tellDone } from '../../../shared/notices.tsx'
import { useForm } from '../../../shared/use-form.ts'
import { useAdmin } from '../../admin-session.ts'

const minPasswordLength = 8
const nothing = { current: '', next: '', again: '' }
type Draft = typeof nothing

const elsewhere: Readonly<Record<Exclude<AdminSession['source'], 'local'>, MessageKey>> = {
  thinger: 'ownAccess.passwordThinger',
  'setup-code': 'ownAccess.passwordSetupCode',
}

/** The own password, of those who have one here. */
export function PasswordCard({ onChanged }: { readonly onChanged: () => void }) {
  const { source } = useAdmin()
  return (
    <Card title={t('ownAccess.password')}>
      {source === 'local' ? <PasswordForm onChanged={onChanged} /> : <p>{t(elsewhere[source])}</p>}
    </Card>
  )
}

function PasswordForm({ onChanged }: { readonly onChanged: () => void }) {
  const { username } = useAdmin()
  const form = useForm<Draft>({
    initial: nothing,
    fields: ['current_password', 'new_password'],
    validate: (draft) => check(draft, username),
    send: async ({ current, next }) => {
      const body: ChangePasswordRequest = { current_password: current, new_password: next }
      await callApi('PUT', 'admin/changepwd', { body })
      form.reset(nothing)
      tellDone(t('ownAccess.passwordChanged'))
      onChanged()
    },
  })
  const { values, errors } = form
  return (
    <form className="form own-access-form" noValidate onSubmit={(event) => void form.submit(event)}>
      <p className="soft">{t('ownAccess.passwordText')}</p>
      <FormFailure text={form.failure} />
      <PasswordField
        label={t('ownAccess.current')}
        name="current_password"
        autoComplete="current-password"
        value={values.current}
        error={errors['current_password']}
        onChange={(current) => form.set({ current })}
      />
      <PasswordField
        label={t('ownAccess.new')}
        name="new_password"
        autoComplete="new-password"
        value={values.next}
        hint={t('ownAccess.newHint', { min: minPasswordLength })}
        error={errors['new_password']}
        onChange={(next) => form.set({ next })}
      />
      <PasswordField
        label={t('ownAccess.again')}
        name="again"
        autoComplete="new-password"
        value={values.again}
        error={errors['again']}
        onChange={(again) => form.set({ again })}
      />
      <div className="form-actions">
        <Button type="submit" isBusy={form.isBusy}>
          {t('ownAccess.change')}
        </Button>
      </div>
    </form>
  )
}

function check({ current, next, again }: Draft, username: string): Record<string, string> {
  const isWeak = next.length < minPasswordLength || next === username
  return {
    ...(current === '' ? { current_password: t('signIn.passwordMissing') } : {}),
    ...(isWeak ? { new_password: t('ownAccess.newHint', { min: minPasswordLength }) } : {}),
    ...(next === again ? {} : { again: t('ownAccess.notTheSame') }),
  }
}
