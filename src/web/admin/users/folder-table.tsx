import type { ComponentChildren } from 'preact'
import type { FolderResource } from '../../../contract/folder.ts'
import type { StorageResource } from '../../../contract/storage.ts'
import { t } from '../../shared/i18n.ts'
import { linkTo } from '../../shared/router.ts'
import { placeText } from './place-text.ts'
import { placeOf } from './place.ts'
import { UsageBar } from './usage-bar.tsx'

export interface FolderTableProps {
  readonly folders: readonly FolderResource[]
  readonly storages: readonly StorageResource[]
  /** The menu at the end of a row. */
  readonly menu: (folder: FolderResource) => ComponentChildren
}

const shownUsers = 5

export function FolderTable({ folders, storages, menu }: FolderTableProps) {
  return (
    <div className="table-wrap">
      <table className="table cards-table">
        <caption className="hidden">{t('folders.title')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('users.name')}</th>
            <th scope="col">{t('folders.place')}</th>
            <th scope="col">{t('users.usage.label')}</th>
            <th scope="col">{t('folders.users')}</th>
            <th scope="col">
              <span className="hidden">{t('users.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {folders.map((folder) => (
            <tr key={folder.name}>
              <th scope="row" className="cards-title">
                <span className="name">{folder.name}</span>
                {folder.description === '' ? null : (
                  <span className="name users-about">{folder.description}</span>
                )}
              </th>
              <td data-label={t('folders.place')}>
                <span className="name">{placeText(placeOf(folder.mapped_path, storages), storages)}</span>
              </td>
              <td data-label={t('users.usage.label')}>
                <UsageBar
                  usedBytes={folder.used_quota_size}
                  maxBytes={0}
                  usedFiles={folder.used_quota_files}
                  maxFiles={0}
                />
              </td>
              <td data-label={t('folders.users')}>
                <Users names={folder.users} />
              </td>
              <td className="end cards-menu">{menu(folder)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Users({ names }: { readonly names: readonly string[] }) {
  if (names.length === 0) return <span className="soft">{t('folders.unused')}</span>
  const more = names.length - shownUsers
  return (
    <span className="folders-users">
      {names.slice(0, shownUsers).map((name) => (
        <a key={name} className="name" {...linkTo('user', name)}>
          {name}
        </a>
      ))}
      {more > 0 ? <span className="soft">{t('folders.more', { n: more })}</span> : null}
    </span>
  )
}
