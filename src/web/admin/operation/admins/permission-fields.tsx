import { useId } from 'react'
import type { AdminPermissionName } from '../../../../contract/session.ts'
import type { MessageKey } from '../../../messages/message-key.ts'
import { CheckField, SelectField } from '../../../shared/components/field.tsx'
import { t } from '../../../shared/i18n.ts'
import {
  canGive,
  presetOf,
  presets,
  singlePermissions,
  withPermission,
  type Preset,
} from './permission-presets.ts'

export const presetLabels: Readonly<Record<Preset, MessageKey>> = {
  everything: 'admins.preset.everything',
  users: 'admins.preset.users',
  look: 'admins.preset.look',
  own: 'admins.preset.own',
}

const labels: Readonly<Record<(typeof singlePermissions)[number], MessageKey>> = {
  view_users: 'admins.permission.viewUsers',
  add_users: 'admins.permission.addUsers',
  edit_users: 'admins.permission.editUsers',
  del_users: 'admins.permission.deleteUsers',
  quota_scans: 'admins.permission.quotaScans',
  manage_folders: 'admins.permission.manageFolders',
  view_conns: 'admins.permission.viewConnections',
  close_conns: 'admins.permission.closeConnections',
  view_events: 'admins.permission.viewEvents',
  view_status: 'admins.permission.viewStatus',
  manage_admins: 'admins.permission.manageAdmins',
  manage_system: 'admins.permission.manageSystem',
}

export interface PermissionFieldsProps {
  readonly value: readonly AdminPermissionName[]
  /** Of the admin who gives them. */
  readonly held: readonly AdminPermissionName[]
  readonly error: string | undefined
  readonly onChange: (permissions: readonly AdminPermissionName[]) => void
}

/** A preset, and below it every permission by itself. */
export function PermissionFields({ value, held, error, onChange }: PermissionFieldsProps) {
  const errorId = useId()
  const isAll = value.includes('*')
  const current = presetOf(value)
  const offered = (Object.keys(presets) as (keyof typeof presets)[]).filter(
    (name) => name === current || canGive(held, presets[name]),
  )
  const choices = [...offered, 'own' as const].map((name) => ({ value: name, label: t(presetLabels[name]) }))
  return (
    <>
      <SelectField<Preset>
        label={t('admins.preset')}
        name="preset"
        value={current}
        choices={choices}
        onChange={(preset) => onChange(preset === 'own' ? (isAll ? [] : value) : presets[preset])}
      />
      <fieldset
        data-field="permissions"
        tabIndex={-1}
        aria-describedby={error === undefined ? undefined : errorId}
      >
        <legend>{t('admins.permissions')}</legend>
        {error === undefined ? null : (
          <p className="field-error" id={errorId}>
            {error}
          </p>
        )}
        <div className="admins-permissions">
          {singlePermissions.map((permission) => {
            const mayGive = canGive(held, [permission])
            return (
              <CheckField
                key={permission}
                label={t(labels[permission])}
                name={permission}
                isChecked={isAll || value.includes(permission)}
                isDisabled={isAll || !mayGive}
                {...(mayGive ? {} : { hint: t('admins.notHeld') })}
                onChange={(isGiven) => onChange(withPermission(value, permission, isGiven))}
              />
            )
          })}
        </div>
      </fieldset>
    </>
  )
}
