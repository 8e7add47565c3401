import { useState } from 'react'
import { Button } from '../../shared/components/button.tsx'
import { CopyButton } from '../../shared/components/copy-button.tsx'
import { PasswordField, TextField } from '../../shared/components/field.tsx'
import { t } from '../../shared/i18n.ts'
import { makePassword } from './password-maker.ts'

export interface PasswordChoiceProps {
  readonly value: string
  readonly error?: string | undefined
  readonly hint: string
  readonly onChange: (password: string) => void
}

/** A password that is typed, or made here: a made one is shown, since it has to be handed on. */
export function PasswordChoice({ value, error, hint, onChange }: PasswordChoiceProps) {
  const [isMade, setMade] = useState(value !== '')
  const field = { label: t('signIn.password'), name: 'password', value, error, hint, onChange }
  const make = () => {
    onChange(makePassword())
    setMade(true)
  }
  return (
    <div className="users-password">
      {isMade ? <TextField {...field} /> : <PasswordField {...field} autoComplete="new-password" />}
      <div className="form-actions">
        <Button icon="refresh" onClick={make}>
          {isMade ? t('users.password.another') : t('users.password.make')}
        </Button>
        {value === '' ? null : <CopyButton text={value} label={t('users.password.copy')} />}
      </div>
    </div>
  )
}
