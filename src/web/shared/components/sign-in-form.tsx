import type { ComponentChildren } from 'preact'
import { useState } from 'react'
import type { SignInRequest } from '../../../contract/session.ts'
import { ApiFailure } from '../api.ts'
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

/** Name and password, then the code of the second factor where there is one; for both apps. */
export function SignInForm({ username, passwordHint, send }: SignInFormProps) {
  const [isCodeAsked, setCodeAsked] = useState(false)
  const form = useForm({
    initial: { username: username ?? '', password: '', otp: '' },
    fields: ['username', 'password', 'otp'],
    validate: (values) => ({
      ...(isCodeAsked && values.otp.trim() === '' ? { otp: t('signIn.codeMissing') } : {}),
      ...(values.username.trim() === '' ? { username: t('signIn.usernameMissing') } : {}),
      ...(values.password === '' ? { password: t('signIn.passwordMissing') } : {}),
    }),
    send: async ({ username: name, password, otp }) => {
      try {
        await send({ username: name.trim(), password, ...(isCodeAsked ? { otp: otp.trim() } : {}) })
      } catch (error) {
        const code = error instanceof ApiFailure ? error.code : ''
        if (code === 'second-factor-needed') return setCodeAsked(true)
        if (!isCodeAsked || code !== 'access-denied') throw error
        throw new ApiFailure(401, { message: t('signIn.codeWrong'), error: 'code-wrong', field: 'otp' })
      }
    },
  })
  if (isCodeAsked)
    return (
      <form key="code" className="form" noValidate onSubmit={(event) => void form.submit(event)}>
        <FormFailure text={form.failure} />
        <TextField
          label={t('signIn.code')}
          name="otp"
          autoComplete="one-time-code"
          value={form.values.otp}
          isFocused
          hint={t('signIn.codeHint')}
          error={form.errors['otp']}
          onChange={(value) => form.set({ otp: value })}
        />
        <Button kind="primary" type="submit" isBusy={form.isBusy}>
          {t('signIn.submit')}
        </Button>
        <Button
          onClick={() => {
            form.reset({ ...form.values, password: '', otp: '' })
            setCodeAsked(false)
          }}
        >
          {t('signIn.back')}
        </Button>
      </form>
    )
  return (
    <form key="password" className="form" noValidate onSubmit={(event) => void form.submit(event)}>
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
