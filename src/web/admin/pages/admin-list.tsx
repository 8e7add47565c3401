import { useState } from 'react'
import type { AdminResource, AdminUpdate } from '../../../contract/admin.ts'
import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { Card, Page } from '../../shared/components/page.tsx'
import { Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { tellDone, tellFailure } from '../../shared/notices.tsx'
import { useLoaded } from '../../shared/use-loaded.ts'
import { useAdmin } from '../admin-session.ts'
import { AdminDialog } from '../operation/admins/admin-dialog.tsx'
import { AdminTable } from '../operation/admins/admin-table.tsx'
import { DeleteDialog } from '../users/delete-dialog.tsx'
import '../users/users.css'
import '../operation/admins/admins.css'

const pageSize = 500

type Open =
  | { readonly dialog: 'edit' | 'reset-factor' | 'delete'; readonly admin: AdminResource }
  | { readonly dialog: 'add' }

/** Who may administer this server. */
export function AdminList() {
  const me = useAdmin()
  const admins = useLoaded(readAdmins, [])
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  const switchStatus = async (admin: AdminResource) => {
    const isActive = admin.status === 1
    try {
      await callApi('PUT', `admins/${encodeURIComponent(admin.username)}`, { body: switched(admin) })
      tellDone(t(isActive ? 'admins.disabled' : 'admins.enabled', { name: admin.username }))
    } catch (error) {
      tellFailure(error, admin.username)
    }
    admins.reload()
  }
  return (
    <Page
      title={t('admins.title')}
      lead={t('admins.lead')}
      actions={
        <Button kind="primary" icon="add" onClick={() => setOpen({ dialog: 'add' })}>
          {t('admins.add')}
        </Button>
      }
    >
      <Card>
        {admins.error === undefined ? null : <Failed error={admins.error} onRetry={admins.reload} />}
        {admins.value === undefined ? (
          admins.error === undefined && <Loading />
        ) : (
          <AdminTable
            admins={admins.value}
            me={me.username}
            onEdit={(admin) => setOpen({ dialog: 'edit', admin })}
            onSwitch={(admin) => void switchStatus(admin)}
            onResetFactor={(admin) => setOpen({ dialog: 'reset-factor', admin })}
            onDelete={(admin) => setOpen({ dialog: 'delete', admin })}
          />
        )}
      </Card>
      {open?.dialog === 'add' || open?.dialog === 'edit' ? (
        <AdminDialog
          admin={open.dialog === 'edit' ? open.admin : undefined}
          onSaved={admins.reload}
          onClose={close}
        />
      ) : null}
      {open?.dialog === 'reset-factor' ? (
        <DeleteDialog
          title={t('users.resetFactorTitle', { name: open.admin.username })}
          text={t('users.resetFactorText')}
          action={t('users.resetFactor')}
          doneText={t('users.factorReset', { name: open.admin.username })}
          work={() => callApi('PUT', `admins/${encodeURIComponent(open.admin.username)}/2fa/disable`)}
          onDone={admins.reload}
          onClose={close}
        />
      ) : null}
      {open?.dialog === 'delete' ? (
        <DeleteDialog
          title={t('admins.deleteTitle', { name: open.admin.username })}
          text={open.admin.source === 'thinger' ? t('admins.deleteThingerText') : t('admins.deleteText')}
          action={t('admins.delete')}
          doneText={t('admins.deleted', { name: open.admin.username })}
          work={() => callApi('DELETE', `admins/${encodeURIComponent(open.admin.username)}`)}
          onDone={admins.reload}
          onClose={close}
        />
      ) : null}
    </Page>
  )
}

async function readAdmins(signal: AbortSignal): Promise<readonly AdminResource[]> {
  const all: AdminResource[] = []
  for (;;) {
    const page = await callApi<AdminResource[]>('GET', `admins?limit=${pageSize}&offset=${all.length}`, {
      signal,
    })
    all.push(...page)
    if (page.length < pageSize) return all
  }
}

function switched({ status, ...admin }: AdminResource): AdminUpdate {
  const { email, description, permissions, updated_at: expected_updated_at } = admin
  return { status: status === 1 ? 0 : 1, email, description, permissions, expected_updated_at }
}
