import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { PasswordField } from '../../shared/components/field.tsx'
import { Card } from '../../shared/components/page.tsx'
import { FormFailure } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { tellDone } from '../../shared/notices.tsx'
import { useForm } from '../../shared/use-form.ts'

/** Of the contract. */
const minLength = 8
const goodLength = 14

const none = { current_password: '', new_password: '', again: '' }

/** Another password for the one who knows the present one. */
export function PasswordCard({ onChanged }: { readonly onChanged: () => void }) {
  const form = useForm({
    initial: none,
    fields: ['current_password', 'new_password', 'again'],
    validate: ({ current_password: current, new_password: next, again }) => ({
      ...(current === '' ? { current_password: t('profile.password.currentMissing') } : {}),
      ...(next.length < minLength ? { new_password: t('profile.password.tooShort', { n: minLength }) } : {}),
      ...(next !== again ? { again: t('profile.password.differs') } : {}),
    }),
    send: async ({ current_password, new_password }) => {
      await callApi('POST', 'user/password', { body: { current_password, new_password } })
      form.reset(none)
      tellDone(t('profile.password.done'))
      onChanged()
    },
  })
  return (
    <Card title={t('profile.password')}>
      <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
        <FormFailure text={form.failure} />
        <PasswordField
          label={t('profile.password.current')}
          name="current_password"
          autoComplete="current-password"
          value={form.values.current_password}
          error={form.errors['current_password']}
          onChange={(value) => form.set({ current_password: value })}
        />
        <PasswordField
          label={t('profile.password.new')}
          name="new_password"
          autoComplete="new-password"
          value={form.values.new_password}
          hint={
            form.errors['new_password'] === undefined ? strengthHint(form.values.new_password) : undefined
          }
          error={form.errors['new_password']}
          onChange={(value) => form.set({ new_password: value })}
        />
        <PasswordField
          label={t('profile.password.again')}
          name="again"
          autoComplete="new-password"
          value={form.values.again}
          error={form.errors['again']}
          onChange={(value) => form.set({ again: value })}
        />
        <div className="form-actions">
          <Button kind="primary" type="submit" isBusy={form.isBusy}>
            {t('profile.password.change')}
          </Button>
        </div>
      </form>
    </Card>
  )
}

/** Length is what counts. */
function strengthHint({ length }: string): string {
  if (length === 0) return t('profile.password.hint')
  if (length < minLength) return t('profile.password.tooShort', { n: minLength })
  return length < goodLength ? t('profile.password.fair') : t('profile.password.good')
}
