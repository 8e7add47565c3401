import type { AdminCreate, AdminResource, AdminUpdate } from '../../../../contract/admin.ts'
import type { AdminPermissionName } from '../../../../contract/session.ts'
import { callApi } from '../../../shared/api.ts'
import { Button } from '../../../shared/components/button.tsx'
import { Dialog } from '../../../shared/components/dialog.tsx'
import { AreaField, CheckField, TextField } from '../../../shared/components/field.tsx'
import { FormFailure } from '../../../shared/components/states.tsx'
import { t } from '../../../shared/i18n.ts'
import { tellDone } from '../../../shared/notices.tsx'
import { useForm } from '../../../shared/use-form.ts'
import { useAdmin } from '../../admin-session.ts'
import { PasswordChoice } from '../../users/password-choice.tsx'
import { makePassword } from '../../users/password-maker.ts'
import { PermissionFields } from './permission-fields.tsx'

const minPasswordLength = 8

interface Draft {
  readonly username: string
  readonly password: string
  readonly email: string
  readonly description: string
  readonly isActive: boolean
  readonly permissions: readonly AdminPermissionName[]
}

export interface AdminDialogProps {
  /** Undefined to add one. */
  readonly admin: AdminResource | undefined
  readonly onSaved: () => void
  readonly onClose: () => void
}

/** Adds a local admin, or changes one of any kind. */
export function AdminDialog({ admin, onSaved, onClose }: AdminDialogProps) {
  const me = useAdmin()
  const isNew = admin === undefined
  const hasPassword = isNew || admin.source === 'local'
  const form = useForm<Draft>({
    initial: draftOf(admin),
    fields: ['username', 'password', 'email', 'description', 'permissions'],
    validate: (draft) => check(draft, isNew),
    send: async (draft) => {
      if (isNew) await callApi('POST', 'admins', { body: createOf(draft) })
      else
        await callApi('PUT', `admins/${encodeURIComponent(admin.username)}`, {
          body: { ...updateOf(draft), expected_updated_at: admin.updated_at },
        })
      tellDone(t(isNew ? 'admins.added' : 'admins.saved', { name: draft.username.trim() }))
      onSaved()
      onClose()
    },
  })
  const { values, errors } = form
  return (
    <Dialog
      title={isNew ? t('admins.add') : t('admins.editOf', { name: admin.username })}
      size="large"
      onClose={onClose}
      isDirty={form.isDirty}
    >
      <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
        <FormFailure text={form.failure} />
        {isNew ? (
          <TextField
            label={t('signIn.username')}
            name="username"
            isFocused
            value={values.username}
            error={errors['username']}
            onChange={(username) => form.set({ username })}
          />
        ) : null}
        {hasPassword ? (
          <PasswordChoice
            value={values.password}
            error={errors['password']}
            hint={isNew ? t('admins.passwordHint') : t('admins.newPasswordHint')}
            onChange={(password) => form.set({ password })}
          />
        ) : (
          <p className="soft">{t('admins.noPassword')}</p>
        )}
        <PermissionFields
          value={values.permissions}
          held={me.permissions}
          error={errors['permissions']}
          onChange={(permissions) => form.set({ permissions })}
        />
        <div className="form-columns">
          <TextField
            label={t('admins.email')}
            name="email"
            type="email"
            value={values.email}
            error={errors['email']}
            onChange={(email) => form.set({ email })}
          />
          <AreaField
            label={t('admins.description')}
            name="description"
            rows={2}
            value={values.description}
            error={errors['description']}
            onChange={(description) => form.set({ description })}
          />
        </div>
        {admin?.username === me.username ? null : (
          <CheckField
            label={t('admins.active')}
            name="status"
            hint={t('admins.activeHint')}
            isChecked={values.isActive}
            onChange={(isActive) => form.set({ isActive })}
          />
        )}
        <div className="form-actions">
          <Button kind="primary" type="submit" isBusy={form.isBusy}>
            {isNew ? t('admins.add') : t('action.save')}
          </Button>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
        </div>
      </form>
    </Dialog>
  )
}

function draftOf(admin: AdminResource | undefined): Draft {
  return {
    username: admin?.username ?? '',
    password: admin ? '' : makePassword(),
    email: admin?.email ?? '',
    description: admin?.description ?? '',
    isActive: admin?.status !== 0,
    permissions: admin?.permissions ?? [],
  }
}

function check({ username, password, permissions, email }: Draft, isNew: boolean): Record<string, string> {
  const isShort = password.length < minPasswordLength && (isNew || password !== '')
  return {
    ...(username.trim() === '' ? { username: t('signIn.usernameMissing') } : {}),
    ...(isShort ? { password: t('admins.passwordShort', { min: minPasswordLength }) } : {}),
    ...(permissions.length === 0 ? { permissions: t('admins.permissionsMissing') } : {}),
    ...(/^$|^[^\s@]+@[^\s@]+$/.test(email) ? {} : { email: t('admins.emailWrong') }),
  }
}

function updateOf({ password, email, description, isActive, permissions }: Draft): AdminUpdate {
  return {
    status: isActive ? 1 : 0,
    email,
    description,
    permissions: [...permissions],
    ...(password === '' ? {} : { password }),
  }
}

function createOf(draft: Draft): AdminCreate {
  return { ...updateOf(draft), username: draft.username.trim(), password: draft.password }
}
