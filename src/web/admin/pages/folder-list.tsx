import { useState } from 'react'
import type { FolderResource } from '../../../contract/folder.ts'
import { callApi } from '../../shared/api.ts'
import { Menu, type MenuItem } from '../../shared/components/menu.tsx'
import { FoundCount } from '../../shared/components/found-count.tsx'
import { Card, Page } from '../../shared/components/page.tsx'
import { Empty, Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { useMay } from '../admin-session.ts'
import { DeleteDialog } from '../users/delete-dialog.tsx'
import { FolderDialog } from '../users/folder-dialog.tsx'
import { FolderTable } from '../users/folder-table.tsx'
import { Pager } from '../users/pager.tsx'
import { SearchField } from '../users/search-field.tsx'
import { usePagedList } from '../users/use-paged-list.ts'
import { useQuotaScan } from '../users/use-quota-scan.ts'
import { useStorages } from '../users/use-storages.ts'
import '../users/users.css'

interface Asked {
  readonly what: 'edit' | 'delete'
  readonly folder: FolderResource
}

/** Storages, and directories in them, that users have as folders. */
export function FolderList() {
  const list = usePagedList<FolderResource>('folders')
  const storages = useStorages()
  const scan = useQuotaScan('folders', list.reload)
  const [asked, setAsked] = useState<Asked>()
  const close = () => setAsked(undefined)
  const isBare = list.entries?.length === 0 && list.offset === 0 && list.searched === ''
  return (
    <Page title={t('folders.title')} lead={t('folders.lead')}>
      {list.error === undefined ? null : <Failed error={list.error} onRetry={list.reload} />}
      {list.entries === undefined ? (
        list.error === undefined ? (
          <Loading />
        ) : null
      ) : isBare ? (
        <Empty icon="folder" title={t('folders.empty')}>
          <p>{t('folders.emptyHint')}</p>
        </Empty>
      ) : (
        <Card>
          <SearchField label={t('folders.search')} value={list.search} onChange={list.setSearch} />
          <FoundCount isSearching={list.searched !== ''} n={list.entries.length} hasMore={list.hasMore} />
          {list.entries.length === 0 ? (
            <Empty icon="search" title={t('folders.noMatch')} />
          ) : (
            <FolderTable
              folders={list.entries}
              storages={storages.value ?? []}
              menu={(folder) => (
                <FolderMenu
                  folder={folder}
                  isScanning={scan.running.has(folder.name)}
                  onEdit={() => setAsked({ what: 'edit', folder })}
                  onScan={() => void scan.start(folder.name)}
                  onDelete={() => setAsked({ what: 'delete', folder })}
                />
              )}
            />
          )}
          <Pager offset={list.offset} count={list.entries.length} hasMore={list.hasMore} onTurn={list.turn} />
        </Card>
      )}
      {asked?.what === 'edit' ? (
        <FolderDialog folder={asked.folder} onDone={list.reload} onClose={close} />
      ) : null}
      {asked?.what === 'delete' ? (
        <DeleteDialog
          title={t('folders.deleteTitle', { name: asked.folder.name })}
          text={deleteText(asked.folder)}
          action={t('users.delete')}
          doneText={t('folders.deleted', { name: asked.folder.name })}
          work={() => callApi('DELETE', `folders/${encodeURIComponent(asked.folder.name)}`)}
          onDone={list.reload}
          onClose={close}
        />
      ) : null}
    </Page>
  )
}

interface FolderMenuProps {
  readonly folder: FolderResource
  readonly isScanning: boolean
  readonly onEdit: () => void
  readonly onScan: () => void
  readonly onDelete: () => void
}

function FolderMenu({ folder, isScanning, onEdit, onScan, onDelete }: FolderMenuProps) {
  const may = useMay()
  const manages = may('manage_folders')
  const items: readonly (MenuItem | false)[] = [
    (manages || may('edit_users')) && { label: t('users.edit'), icon: 'edit', onChoose: onEdit },
    may('quota_scans') && {
      label: t('users.scan.start'),
      icon: 'refresh',
      isDisabled: isScanning,
      onChoose: onScan,
    },
    (manages || may('del_users')) && {
      label: t('users.delete'),
      icon: 'delete',
      isDangerous: true,
      onChoose: onDelete,
    },
  ]
  const shown = items.filter((item) => item !== false)
  if (shown.length === 0) return null
  return <Menu label={t('users.actionsFor', { name: folder.name })} icon="more" items={shown} />
}

function deleteText({ users }: FolderResource): string {
  return users.length === 0
    ? t('folders.deleteUnused')
    : t('folders.deleteText', { n: users.length, names: users.slice(0, 10).join(', ') })
}
