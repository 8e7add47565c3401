import { Button } from '../../shared/components/button.tsx'
import { SelectField, TextField } from '../../shared/components/field.tsx'
import { FormFailure } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import type { Form } from '../../shared/use-form.ts'
import { PasswordChoice } from './password-choice.tsx'
import { presetOf, presetPermissions } from './permission-presets.ts'
import { presetChoices, presetHint } from './preset-choices.ts'
import { permissionMap, permissionRows, type UserDraft } from './user-draft.ts'

/** The least that a user needs. */
export function FirstUserForm({ form }: { readonly form: Form<UserDraft> }) {
  const { values, errors, set } = form
  const found = presetOf(permissionMap(values.permissions))
  const preset = found === 'custom' ? 'full' : found
  return (
    <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
      <FormFailure text={form.failure} />
      <div className="form-columns">
        <TextField
          label={t('signIn.username')}
          name="username"
          value={values.username}
          isRequired
          isFocused
          error={errors['username']}
          hint={t('steps.nameHint')}
          onChange={(username) => set({ username })}
        />
        <PasswordChoice
          value={values.password}
          error={errors['password']}
          hint={t('users.password.newHint')}
          onChange={(password) => set({ password })}
        />
        <SelectField
          label={t('users.preset.label')}
          name="preset"
          value={preset}
          choices={presetChoices()}
          hint={presetHint(preset)}
          onChange={(chosen) => set({ permissions: permissionRows(presetPermissions(chosen)) })}
        />
      </div>
      <div className="form-actions">
        <Button kind="primary" type="submit" isBusy={form.isBusy}>
          {t('users.create')}
        </Button>
      </div>
    </form>
  )
}
