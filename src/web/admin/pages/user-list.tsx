import { useState } from 'react'
import type { UserResource } from '../../../contract/user.ts'
import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { FoundCount } from '../../shared/components/found-count.tsx'
import { Card, Page } from '../../shared/components/page.tsx'
import { Empty, Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { tellDone, tellFailure } from '../../shared/notices.tsx'
import { goTo, usePlace } from '../../shared/router.ts'
import { useMay } from '../admin-session.ts'
import { BulkPage } from '../users/bulk-page.tsx'
import { ConnectDialog } from '../users/connect-dialog.tsx'
import { connectUserOf } from '../users/connect-user.ts'
import { DeleteDialog } from '../users/delete-dialog.tsx'
import { Pager } from '../users/pager.tsx'
import { placeText } from '../users/place-text.ts'
import { placeOf } from '../users/place.ts'
import { SearchField } from '../users/search-field.tsx'
import { usePagedList } from '../users/use-paged-list.ts'
import { useQuotaScan } from '../users/use-quota-scan.ts'
import { useStorages } from '../users/use-storages.ts'
import { addressOfUser, readUser, replaceUser, unchanged } from '../users/user-api.ts'
import { UserMenu } from '../users/user-menu.tsx'
import { UserTable } from '../users/user-table.tsx'
import '../users/users.css'

const bulkDetail = 'bulk'

/** Who has access, and what each of them uses. */
export function UserList() {
  const { detail } = usePlace()
  return detail === bulkDetail ? <BulkPage /> : <Users />
}

interface Asked {
  readonly what: 'connect' | 'reset-factor' | 'delete'
  readonly user: UserResource
}

function Users() {
  const list = usePagedList<UserResource>('users')
  const storages = useStorages()
  const scan = useQuotaScan('users', list.reload)
  const [asked, setAsked] = useState<Asked>()
  const close = () => setAsked(undefined)
  const isBare = list.entries?.length === 0 && list.offset === 0 && list.searched === ''
  return (
    <Page title={t('users.title')} lead={t('users.lead')} actions={isBare ? undefined : <Actions />}>
      {list.error === undefined ? null : <Failed error={list.error} onRetry={list.reload} />}
      {list.entries === undefined ? (
        list.error === undefined ? (
          <Loading />
        ) : null
      ) : isBare ? (
        <NoUsers />
      ) : (
        <Card>
          <SearchField label={t('users.search')} value={list.search} onChange={list.setSearch} />
          <FoundCount isSearching={list.searched !== ''} n={list.entries.length} hasMore={list.hasMore} />
          {list.entries.length === 0 ? (
            <Empty icon="search" title={t('users.noMatch')} />
          ) : (
            <UserTable
              users={list.entries}
              storages={storages.value ?? []}
              menu={(user) => (
                <UserMenu
                  user={user}
                  isScanning={scan.running.has(user.username)}
                  onConnect={() => setAsked({ what: 'connect', user })}
                  onToggle={() => void toggle(user, list.reload)}
                  onScan={() => void scan.start(user.username)}
                  onResetFactor={() => setAsked({ what: 'reset-factor', user })}
                  onDelete={() => setAsked({ what: 'delete', user })}
                />
              )}
            />
          )}
          <Pager offset={list.offset} count={list.entries.length} hasMore={list.hasMore} onTurn={list.turn} />
        </Card>
      )}
      {asked?.what === 'connect' ? <ConnectDialog user={connectUserOf(asked.user)} onClose={close} /> : null}
      {asked?.what === 'reset-factor' ? (
        <DeleteDialog
          title={t('users.resetFactorTitle', { name: asked.user.username })}
          text={t('users.resetFactorText')}
          action={t('users.resetFactor')}
          doneText={t('users.factorReset', { name: asked.user.username })}
          work={() => callApi('PUT', `${addressOfUser(asked.user.username)}/2fa/disable`)}
          onDone={list.reload}
          onClose={close}
        />
      ) : null}
      {asked?.what === 'delete' ? (
        <DeleteDialog
          title={t('users.deleteTitle', { name: asked.user.username })}
          text={t('users.deleteText', {
            place: placeText(
              placeOf(asked.user.home_dir, storages.value ?? [], asked.user.username),
              storages.value ?? [],
            ),
          })}
          action={t('users.delete')}
          doneText={t('users.deleted', { name: asked.user.username })}
          work={() => callApi('DELETE', addressOfUser(asked.user.username))}
          onDone={list.reload}
          onClose={close}
        />
      ) : null}
    </Page>
  )
}

function Actions() {
  const may = useMay()
  if (!may('add_users')) return null
  return (
    <>
      <Button icon="play" onClick={() => goTo('setup')}>
        {t('users.firstSteps')}
      </Button>
      <Button icon="device" onClick={() => goTo('users', bulkDetail)}>
        {t('users.many')}
      </Button>
      <Button kind="primary" icon="add" onClick={() => goTo('user')}>
        {t('users.new')}
      </Button>
    </>
  )
}

function NoUsers() {
  const may = useMay()
  return (
    <Empty icon="users" title={t('users.empty')}>
      <p>{may('add_users') ? t('users.emptyHint') : t('users.emptyNotAllowed')}</p>
      {may('add_users') ? (
        <div className="form-actions">
          <Button kind="primary" onClick={() => goTo('setup')}>
            {t('users.firstSteps')}
          </Button>
          <Button onClick={() => goTo('user')}>{t('users.new')}</Button>
          <Button onClick={() => goTo('users', bulkDetail)}>{t('users.many')}</Button>
        </div>
      ) : null}
    </Empty>
  )
}

/** Reads the user anew first: a replacement must not undo what somebody else changed meanwhile. */
async function toggle({ username, status }: UserResource, reload: () => void): Promise<void> {
  try {
    const isOn = status !== 1
    await replaceUser(username, { ...unchanged(await readUser(username)), status: isOn ? 1 : 0 })
    tellDone(isOn ? t('users.enabled', { name: username }) : t('users.disabled', { name: username }))
  } catch (error) {
    tellFailure(error, username)
  }
  reload()
}
