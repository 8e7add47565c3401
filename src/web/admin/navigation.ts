import type { AdminPage } from '../../contract/pages.ts'
import type { AdminPermissionName } from '../../contract/session.ts'
import type { NavigationItem } from '../shared/components/app-shell.tsx'
import type { MessageKey } from '../messages/message-key.ts'
import { t } from '../shared/i18n.ts'

interface Target {
  readonly page: AdminPage
  readonly label: MessageKey
  readonly icon: NavigationItem['icon']
  /** One of these is enough. */
  readonly needs: readonly AdminPermissionName[]
}

const targets: readonly Target[] = [
  { page: 'users', label: 'admin.nav.users', icon: 'users', needs: ['view_users'] },
  { page: 'folders', label: 'admin.nav.folders', icon: 'folder', needs: ['view_users', 'manage_folders'] },
  { page: 'connections', label: 'admin.nav.live', icon: 'live', needs: ['view_conns'] },
  { page: 'events', label: 'admin.nav.activity', icon: 'activity', needs: ['view_events'] },
  { page: 'status', label: 'admin.nav.health', icon: 'health', needs: ['view_status'] },
  { page: 'maintenance', label: 'admin.nav.backups', icon: 'backup', needs: ['manage_system'] },
  { page: 'configs', label: 'admin.nav.settings', icon: 'settings', needs: ['manage_system'] },
  { page: 'managers', label: 'admin.nav.admins', icon: 'shield', needs: ['manage_admins'] },
]

/** The pages that an admin with these permissions can do something on. */
export function adminNavigation(permissions: readonly AdminPermissionName[]): readonly NavigationItem[] {
  const isOpen = ({ needs }: Target) =>
    permissions.includes('*') || needs.some((permission) => permissions.includes(permission))
  return targets.filter(isOpen).map(({ page, label, icon }) => ({ page, label: t(label), icon }))
}
