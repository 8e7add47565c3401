import type { ComponentChildren } from 'preact'
import type { SignInRequest } from '../../../contract/session.ts'
import { t } from '../i18n.ts'
import { useForm } from '../use-form.ts'
import { Button } from './button.tsx'
import { PasswordField, TextField } from './field.tsx'
import { FormFailure } from './states.tsx'

export interface SignInFormProps {
  /** Fixed when somebody signs in again. */
  readonly username?: string
  readonly passwordHint?: ComponentChildren
  readonly send: (request: SignInRequest) => Promise<void>
}

/** Name and password, for both apps. */
export function SignInForm({ username, passwordHint, send }: SignInFormProps) {
  const form = useForm<SignInRequest>({
    initial: { username: username ?? '', password: '' },
    fields: ['username', 'password'],
    validate: (values) => ({
      ...(values.username.trim() === '' ? { username: t('signIn.usernameMissing') } : {}),
      ...(values.password === '' ? { password: t('signIn.passwordMissing') } : {}),
    }),
    send: (values) => send({ ...values, username: values.username.trim() }),
  })
  return (
    <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
      <FormFailure text={form.failure} />
      <TextField
        label={t('signIn.username')}
        name="username"
        autoComplete="username"
        value={form.values.username}
        isReadOnly={username !== undefined}
        isFocused={username === undefined}
        error={form.errors['username']}
        onChange={(value) => form.set({ username: value })}
      />
      <PasswordField
        label={t('signIn.password')}
        name="password"
        autoComplete="current-password"
        value={form.values.password}
        isFocused={username !== undefined}
        hint={passwordHint}
        error={form.errors['password']}
        onChange={(value) => form.set({ password: value })}
      />
      <Button kind="primary" type="submit" isBusy={form.isBusy}>
        {t('signIn.submit')}
      </Button>
    </form>
  )
}
