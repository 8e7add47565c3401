import { useEffect, useState } from 'react'
import type { StorageResource } from '../../../contract/storage.ts'
import type { UserResource } from '../../../contract/user.ts'
import { Button } from '../../shared/components/button.tsx'
import { CheckField } from '../../shared/components/field.tsx'
import { Banner, FormFailure } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { tellDone } from '../../shared/notices.tsx'
import { goTo } from '../../shared/router.ts'
import { useForm } from '../../shared/use-form.ts'
import { useMay } from '../admin-session.ts'
import { accessFields, AccessSection } from './access-section.tsx'
import { accountFields, AccountSection } from './account-section.tsx'
import { checkDraft } from './check-draft.ts'
import { ConnectDialog } from './connect-dialog.tsx'
import { connectUserOfDraft } from './connect-user.ts'
import { filesFields, FilesSection } from './files-section.tsx'
import { limitsFields, LimitsSection } from './limits-section.tsx'
import { permissionsFields, PermissionsSection } from './permissions-section.tsx'
import { useLeaveDialog } from './use-leave-dialog.tsx'
import type { QuotaScanState } from './use-quota-scan.ts'
import { saveUser } from './user-api.ts'
import type { UserDraft } from './user-draft.ts'

export interface UserFormProps {
  readonly initial: UserDraft
  /** The user as the server has it; undefined for a new one. */
  readonly before: UserResource | undefined
  /** The user that this one is a copy of. */
  readonly source: UserResource | undefined
  readonly storages: readonly StorageResource[]
  readonly scan: QuotaScanState
}

/** The whole of a user, in sections that open where something is wrong. */
export function UserForm({ initial, before, source, storages, scan }: UserFormProps) {
  const maySave = useMay()(before === undefined ? 'add_users' : 'edit_users')
  const [isSaved, setSaved] = useState(false)
  const [isTold, setTold] = useState(false)
  const [disconnects, setDisconnects] = useState(false)
  const form = useForm<UserDraft>({
    initial,
    fields: [...accountFields, ...filesFields, ...permissionsFields, ...limitsFields, ...accessFields],
    validate: (values) =>
      Object.fromEntries(Object.entries(checkDraft(values)).map(([field, key]) => [field, t(key)])),
    send: async (values) => {
      await saveUser(values, { storages, before, disconnects })
      setSaved(true)
    },
  })
  const leaving = useLeaveDialog(form.isDirty, t('users.leave.text'))
  useEffect(() => {
    if (!isSaved || form.isDirty || !(before || isTold)) return
    if (before) tellDone(t('users.saved', { name: before.username }))
    goTo('users')
  }, [isSaved, form.isDirty, isTold])
  const section = (fields: readonly string[]) => ({
    ...{ form, before },
    isWrong: fields.some((field) => form.errors[field] !== undefined),
  })
  return (
    <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
      <AccountSection {...section(accountFields)} />
      <FilesSection {...section(filesFields)} storages={storages} source={source} />
      <PermissionsSection {...section(permissionsFields)} />
      <LimitsSection {...section(limitsFields)} scan={scan} />
      <AccessSection {...section(accessFields)} />
      <FormFailure text={form.failure} />
      {before === undefined ? null : (
        <CheckField
          label={t('users.disconnect')}
          name="disconnect"
          hint={t('users.disconnectHint')}
          isChecked={disconnects}
          onChange={setDisconnects}
        />
      )}
      {maySave ? null : <Banner kind="info">{t('users.notAllowed')}</Banner>}
      <div className="editor-actions form-actions">
        <Button kind="primary" type="submit" isBusy={form.isBusy} isDisabled={!maySave}>
          {before === undefined ? t('users.create') : t('action.save')}
        </Button>
        <Button onClick={() => goTo('users')}>{t('action.cancel')}</Button>
      </div>
      {isSaved && before === undefined && !isTold ? (
        <ConnectDialog user={connectUserOfDraft(form.values)} onClose={() => setTold(true)} />
      ) : null}
      {leaving}
    </form>
  )
}
