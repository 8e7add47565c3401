import type { ComponentChildren } from 'preact'
import type { StorageResource } from '../../../contract/storage.ts'
import type { UserResource } from '../../../contract/user.ts'
import { Badge } from '../../shared/components/states.tsx'
import { formatDate, formatTime } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { linkTo } from '../../shared/router.ts'
import { placeText } from './place-text.ts'
import { placeOf } from './place.ts'
import { UsageBar } from './usage-bar.tsx'

export interface UserTableProps {
  readonly users: readonly UserResource[]
  readonly storages: readonly StorageResource[]
  /** The menu at the end of a row. */
  readonly menu: (user: UserResource) => ComponentChildren
}

export function UserTable({ users, storages, menu }: UserTableProps) {
  return (
    <div className="table-wrap">
      <table className="table cards-table">
        <caption className="hidden">{t('users.title')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('users.name')}</th>
            <th scope="col">{t('users.status')}</th>
            <th scope="col">{t('users.section.files')}</th>
            <th scope="col">{t('users.usage.label')}</th>
            <th scope="col">{t('users.lastLogin')}</th>
            <th scope="col">{t('users.expires')}</th>
            <th scope="col">
              <span className="hidden">{t('users.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <UserRow key={user.username} user={user} storages={storages} menu={menu(user)} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface UserRowProps {
  readonly user: UserResource
  readonly storages: readonly StorageResource[]
  readonly menu: ComponentChildren
}

function UserRow({ user, storages, menu }: UserRowProps) {
  return (
    <tr>
      <th scope="row" className="cards-title">
        <a className="name" {...linkTo('user', user.username)}>
          {user.username}
        </a>
        {user.description === '' ? null : <span className="name users-about">{user.description}</span>}
      </th>
      <td data-label={t('users.status')}>
        <UserStatus user={user} />
      </td>
      <td data-label={t('users.section.files')}>
        <span className="name">{placeText(placeOf(user.home_dir, storages, user.username), storages)}</span>
        {user.virtual_folders.length === 0 ? null : (
          <span className="users-about">{t('users.mount.count', { n: user.virtual_folders.length })}</span>
        )}
      </td>
      <td data-label={t('users.usage.label')}>
        <UsageBar
          usedBytes={user.used_quota_size}
          maxBytes={user.quota_size}
          usedFiles={user.used_quota_files}
          maxFiles={user.quota_files}
        />
      </td>
      <td data-label={t('users.lastLogin')} className="number">
        {user.last_login === 0 ? (
          <span className="soft">{t('users.never')}</span>
        ) : (
          formatTime(user.last_login, 'short')
        )}
      </td>
      <td data-label={t('users.expires')} className="number">
        {formatDate(user.expiration_date)}
      </td>
      <td className="end cards-menu">{menu}</td>
    </tr>
  )
}

export function UserStatus({ user }: { readonly user: UserResource }) {
  if (user.status !== 1) return <Badge kind="neutral">{t('users.status.disabled')}</Badge>
  const isExpired = user.expiration_date > 0 && user.expiration_date <= Date.now()
  if (isExpired) return <Badge kind="warning">{t('users.status.expired')}</Badge>
  return <Badge kind="good">{t('users.status.active')}</Badge>
}
