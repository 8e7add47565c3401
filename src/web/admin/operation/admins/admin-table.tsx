import type { AdminResource } from '../../../../contract/admin.ts'
import type { MessageKey } from '../../../messages/message-key.ts'
import { Menu } from '../../../shared/components/menu.tsx'
import { Badge } from '../../../shared/components/states.tsx'
import { formatTime } from '../../../shared/format.ts'
import { t } from '../../../shared/i18n.ts'
import { presetLabels } from './permission-fields.tsx'
import { presetOf } from './permission-presets.ts'

const sources: Readonly<Record<AdminResource['source'], MessageKey>> = {
  local: 'admins.source.local',
  thinger: 'admins.source.thinger',
  'setup-code': 'admins.source.setupCode',
}

export interface AdminTableProps {
  readonly admins: readonly AdminResource[]
  /** Name of the admin who looks. */
  readonly me: string
  readonly onEdit: (admin: AdminResource) => void
  readonly onSwitch: (admin: AdminResource) => void
  readonly onResetFactor: (admin: AdminResource) => void
  readonly onDelete: (admin: AdminResource) => void
}

/** Admins by name, and what each may do. */
export function AdminTable({ admins, me, onEdit, onSwitch, onResetFactor, onDelete }: AdminTableProps) {
  return (
    <div className="table-wrap">
      <table className="table cards-on-phone">
        <thead>
          <tr>
            <th scope="col">{t('admins.name')}</th>
            <th scope="col">{t('admins.source')}</th>
            <th scope="col">{t('admins.may')}</th>
            <th scope="col">{t('admins.status')}</th>
            <th scope="col">{t('admins.lastLogin')}</th>
            <th scope="col">
              <span className="hidden">{t('admins.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {admins.map((admin) => (
            <tr key={admin.id}>
              <th scope="row">
                <span className="name">{admin.username}</span>{' '}
                {admin.username === me ? <Badge kind="neutral">{t('admins.you')}</Badge> : null}
                {admin.description === '' ? null : (
                  <span className="admins-description soft name">{admin.description}</span>
                )}
              </th>
              <td data-label={t('admins.source')}>{t(sources[admin.source])}</td>
              <td data-label={t('admins.may')}>{mayOf(admin)}</td>
              <td>
                <Badge kind={admin.status === 1 ? 'good' : 'bad'}>
                  {admin.status === 1 ? t('admins.isActive') : t('admins.isDisabled')}
                </Badge>
              </td>
              <td data-label={t('admins.lastLogin')}>{formatTime(admin.last_login, 'short')}</td>
              <td className="end">
                <Menu
                  label={t('admins.actionsOf', { name: admin.username })}
                  icon="more"
                  items={[
                    { label: t('admins.edit'), icon: 'edit', onChoose: () => onEdit(admin) },
                    ...(admin.username === me
                      ? []
                      : [
                          {
                            label: admin.status === 1 ? t('admins.disable') : t('admins.enable'),
                            icon: admin.status === 1 ? ('pause' as const) : ('play' as const),
                            onChoose: () => onSwitch(admin),
                          },
                          ...(admin.filters.totp_config.enabled
                            ? [
                                {
                                  label: t('users.resetFactor'),
                                  icon: 'shield' as const,
                                  onChoose: () => onResetFactor(admin),
                                },
                              ]
                            : []),
                          {
                            label: t('admins.delete'),
                            icon: 'delete' as const,
                            isDangerous: true,
                            onChoose: () => onDelete(admin),
                          },
                        ]),
                  ]}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function mayOf({ permissions }: AdminResource): string {
  const preset = presetOf(permissions)
  return preset === 'own' ? t('admins.some', { n: permissions.length }) : t(presetLabels[preset])
}
