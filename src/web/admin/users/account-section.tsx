import { CheckField, TextField } from '../../shared/components/field.tsx'
import { formatTime } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { EditorSection } from './editor-section.tsx'
import { PasswordChoice } from './password-choice.tsx'
import type { SectionProps } from './section-props.ts'
import { expiryOf } from './user-draft.ts'

export const accountFields = ['username', 'password', 'status', 'description', 'email', 'expiration_date']

export function AccountSection({ form, before, isWrong }: SectionProps) {
  const { values, errors, set } = form
  const state = values.isActive ? t('users.status.active') : t('users.status.disabled')
  const expiry = expiryOf(values.expires, before?.expiration_date)
  return (
    <EditorSection
      title={t('users.section.account')}
      summary={expiry === 0 ? state : `${state} · ${t('users.until', { date: formatTime(expiry, 'short') })}`}
      isOpen
      isWrong={isWrong}
    >
      <div className="form-columns">
        <TextField
          label={t('signIn.username')}
          name="username"
          value={values.username}
          isRequired
          isReadOnly={before !== undefined}
          isFocused={before === undefined}
          error={errors['username']}
          hint={before === undefined ? undefined : t('users.nameFixed')}
          onChange={(username) => set({ username })}
        />
        <PasswordChoice
          value={values.password}
          error={errors['password']}
          hint={passwordHint(before?.has_password)}
          onChange={(password) => set({ password })}
        />
      </div>
      <CheckField
        label={t('users.isActive')}
        name="status"
        isChecked={values.isActive}
        hint={t('users.isActiveHint')}
        onChange={(isActive) => set({ isActive })}
      />
      <div className="form-columns">
        <TextField
          label={t('users.description')}
          name="description"
          value={values.description}
          error={errors['description']}
          onChange={(description) => set({ description })}
        />
        <TextField
          label={t('users.email')}
          name="email"
          type="email"
          value={values.email}
          error={errors['email']}
          onChange={(email) => set({ email })}
        />
        <TextField
          label={t('users.expires')}
          name="expiration_date"
          type="datetime-local"
          value={values.expires}
          error={errors['expiration_date']}
          hint={t('users.expiresHint')}
          onChange={(expires) => set({ expires })}
        />
      </div>
    </EditorSection>
  )
}

function passwordHint(hasPassword: boolean | undefined): string {
  if (hasPassword === undefined) return t('users.password.newHint')
  return hasPassword ? t('users.password.keepHint') : t('users.password.noneHint')
}
