import type { StorageResource } from '../../../contract/storage.ts'
import type { UserResource } from '../../../contract/user.ts'
import { Page } from '../../shared/components/page.tsx'
import { Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { linkTo, usePlace } from '../../shared/router.ts'
import { useLoaded } from '../../shared/use-loaded.ts'
import { readTarget, type EditorTarget } from '../users/editor-target.ts'
import { makePassword } from '../users/password-maker.ts'
import { useQuotaScan } from '../users/use-quota-scan.ts'
import { useStorages } from '../users/use-storages.ts'
import { readUser } from '../users/user-api.ts'
import { copyOf, draftOf, newDraft, type UserDraft } from '../users/user-draft.ts'
import { UserForm } from '../users/user-form.tsx'
import '../users/users.css'

/** A new user, a present one, or a copy of one. */
export function UserEditor() {
  const { detail } = usePlace()
  const target = readTarget(detail)
  return <Editor key={detail} target={target} />
}

function Editor({ target }: { readonly target: EditorTarget }) {
  const storages = useStorages()
  const user = useLoaded(
    (signal) => (target.kind === 'new' ? Promise.resolve(undefined) : readUser(target.name, signal)),
    [],
  )
  const scan = useQuotaScan('users', user.reload)
  const error = storages.error ?? user.error
  const isReady = storages.value !== undefined && (target.kind === 'new' || user.value !== undefined)
  return (
    <Page title={titleOf(target)} lead={<a {...linkTo('users')}>{t('users.backToList')}</a>}>
      {error === undefined ? null : (
        <Failed error={error} onRetry={() => (storages.reload(), user.reload())} />
      )}
      {isReady ? (
        <UserForm
          initial={draftFor(target, user.value, storages.value ?? [])}
          before={target.kind === 'edit' ? user.value : undefined}
          source={target.kind === 'copy' ? user.value : undefined}
          storages={storages.value ?? []}
          scan={scan}
        />
      ) : error === undefined ? (
        <Loading />
      ) : null}
    </Page>
  )
}

function draftFor(
  target: EditorTarget,
  user: UserResource | undefined,
  storages: readonly StorageResource[],
): UserDraft {
  if (!user) return newDraft(makePassword())
  return target.kind === 'copy' ? copyOf(user, storages, makePassword()) : draftOf(user, storages)
}

function titleOf(target: EditorTarget): string {
  if (target.kind === 'new') return t('users.new')
  return target.kind === 'copy' ? t('users.copyOf', { name: target.name }) : target.name
}
