import { Button } from '../../shared/components/button.tsx'
import { CheckField, TextField } from '../../shared/components/field.tsx'
import { t } from '../../shared/i18n.ts'
import { permissionGroups } from './permission-choices.ts'
import type { Permission } from './permission-presets.ts'
import type { PermissionDraft } from './user-draft.ts'

export interface PermissionRowProps {
  readonly row: PermissionDraft
  /** The row of '/', which is always there. */
  readonly isRoot: boolean
  readonly onChange: (row: PermissionDraft) => void
  readonly onRemove: () => void
}

/** A directory, or a glob over directories, and what is allowed in it. */
export function PermissionRow({ row, isRoot, onChange, onRemove }: PermissionRowProps) {
  const { key, path, granted } = row
  const isAll = granted.includes('*')
  const toggle = (permission: Permission, isOn: boolean) =>
    onChange({
      ...row,
      granted: isOn ? [...granted, permission] : granted.filter((other) => other !== permission),
    })
  return (
    <div className="editor-row" role="group" aria-label={path === '' ? t('users.permissions.new') : path}>
      <div className="editor-row-head">
        <TextField
          label={t('users.permissions.path')}
          name={`${key}.path`}
          value={path}
          isReadOnly={isRoot}
          hint={isRoot ? t('users.permissions.rootHint') : t('users.permissions.pathHint')}
          onChange={(changed) => onChange({ ...row, path: changed })}
        />
        {isRoot ? null : (
          <Button icon="delete" kind="quiet" label={t('users.permissions.remove')} onClick={onRemove} />
        )}
      </div>
      <CheckField
        label={t('users.permission.all')}
        name={`${key}.all`}
        isChecked={isAll}
        onChange={(isOn) => toggle('*', isOn)}
      />
      <div className="editor-permissions">
        {permissionGroups.map(({ title, choices }) => (
          <fieldset key={title}>
            <legend>{t(title)}</legend>
            {choices.map(({ permission, label }) => (
              <CheckField
                key={permission}
                label={t(label)}
                name={`${key}.${permission}`}
                isChecked={isAll || granted.includes(permission)}
                isDisabled={isAll}
                onChange={(isOn) => toggle(permission, isOn)}
              />
            ))}
          </fieldset>
        ))}
      </div>
    </div>
  )
}
