import type { UserResource } from '../../../contract/user.ts'
import { Menu, type MenuItem } from '../../shared/components/menu.tsx'
import { t } from '../../shared/i18n.ts'
import { goTo } from '../../shared/router.ts'
import { useMay } from '../admin-session.ts'
import { copyDetail } from './editor-target.ts'

export interface UserMenuProps {
  readonly user: UserResource
  readonly isScanning: boolean
  readonly onConnect: () => void
  readonly onToggle: () => void
  readonly onScan: () => void
  readonly onResetFactor: () => void
  readonly onDelete: () => void
}

/** What can be done with a user; what the admin may not do is left out. */
export function UserMenu({
  user,
  isScanning,
  onConnect,
  onToggle,
  onScan,
  onResetFactor,
  onDelete,
}: UserMenuProps) {
  const may = useMay()
  const { username: name } = user
  const items: readonly (MenuItem | false)[] = [
    may('edit_users') && { label: t('users.edit'), icon: 'edit', onChoose: () => goTo('user', name) },
    may('add_users') && {
      label: t('users.copy'),
      icon: 'copy',
      onChoose: () => goTo('user', copyDetail(name)),
    },
    { label: t('users.connect'), icon: 'connect', onChoose: onConnect },
    may('edit_users') && {
      label: user.status === 1 ? t('users.disable') : t('users.enable'),
      icon: user.status === 1 ? 'pause' : 'play',
      onChoose: onToggle,
    },
    may('quota_scans') && {
      label: t('users.scan.start'),
      icon: 'refresh',
      isDisabled: isScanning,
      onChoose: onScan,
    },
    may('edit_users') &&
      user.filters.totp_config.enabled && {
        label: t('users.resetFactor'),
        icon: 'shield',
        onChoose: onResetFactor,
      },
    may('del_users') && {
      label: t('users.delete'),
      icon: 'delete',
      isDangerous: true,
      onChoose: onDelete,
    },
  ]
  return (
    <Menu
      label={t('users.actionsFor', { name })}
      icon="more"
      items={items.filter((item) => item !== false)}
    />
  )
}
