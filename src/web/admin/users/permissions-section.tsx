import { useState } from 'react'
import { Button } from '../../shared/components/button.tsx'
import { SelectField } from '../../shared/components/field.tsx'
import { t } from '../../shared/i18n.ts'
import { EditorSection } from './editor-section.tsx'
import { GroupField } from './group-field.tsx'
import { PatternRow } from './pattern-row.tsx'
import { presetOf, presetPermissions } from './permission-presets.ts'
import { PermissionRow } from './permission-row.tsx'
import { presetChoices, presetHint, presetLabel } from './preset-choices.ts'
import type { SectionProps } from './section-props.ts'
import {
  nextKey,
  permissionMap,
  permissionRows,
  type PatternDraft,
  type PermissionDraft,
} from './user-draft.ts'

export const permissionsFields = ['permissions', 'filters.file_patterns', 'filters.file_patterns.path']

/** What the user may do, and with which files. */
export function PermissionsSection({ form, isWrong }: SectionProps) {
  const { values, errors, set } = form
  const found = presetOf(permissionMap(values.permissions))
  const [isCustom, setCustom] = useState(found === 'custom')
  const preset = isCustom ? 'custom' : found
  return (
    <EditorSection
      title={t('users.section.permissions')}
      summary={presetLabel(found)}
      isOpen={false}
      isWrong={isWrong}
    >
      <div className="form-columns">
        <SelectField
          label={t('users.preset.label')}
          name="preset"
          value={preset}
          choices={[...presetChoices(), { value: 'custom', label: presetLabel('custom') }]}
          hint={presetHint(preset)}
          onChange={(chosen) => {
            setCustom(chosen === 'custom')
            if (chosen !== 'custom') set({ permissions: permissionRows(presetPermissions(chosen)) })
          }}
        />
      </div>
      {preset === 'custom' ? (
        <PermissionRows
          rows={values.permissions}
          error={errors['permissions']}
          onChange={(permissions) => set({ permissions })}
        />
      ) : null}
      <Patterns
        rows={values.patterns}
        error={errors['filters.file_patterns'] ?? errors['filters.file_patterns.path']}
        onChange={(patterns) => set({ patterns })}
      />
    </EditorSection>
  )
}

interface RowsProps<T> {
  readonly rows: readonly T[]
  readonly error: string | undefined
  readonly onChange: (rows: readonly T[]) => void
}

function PermissionRows({ rows, error, onChange }: RowsProps<PermissionDraft>) {
  return (
    <GroupField
      label={t('users.permissions.title')}
      name="permissions"
      hint={t('users.permissions.hint')}
      error={error}
    >
      {rows.map((row) => (
        <PermissionRow
          key={row.key}
          row={row}
          isRoot={row === rows[0]}
          onChange={(changed) => onChange(rows.map((other) => (other === row ? changed : other)))}
          onRemove={() => onChange(rows.filter((other) => other !== row))}
        />
      ))}
      <div>
        <Button
          icon="add"
          onClick={() => onChange([...rows, { key: nextKey(), path: '', granted: ['list', 'download'] }])}
        >
          {t('users.permissions.add')}
        </Button>
      </div>
    </GroupField>
  )
}

function Patterns({ rows, error, onChange }: RowsProps<PatternDraft>) {
  return (
    <GroupField
      label={t('users.patterns.title')}
      name="filters.file_patterns"
      hint={t('users.patterns.hint')}
      error={error}
    >
      {rows.map((row) => (
        <PatternRow
          key={row.key}
          row={row}
          onChange={(changed) => onChange(rows.map((other) => (other === row ? changed : other)))}
          onRemove={() => onChange(rows.filter((other) => other !== row))}
        />
      ))}
      <div>
        <Button
          icon="add"
          onClick={() =>
            onChange([
              ...rows,
              {
                key: nextKey(),
                path: rows.length === 0 ? '/' : '',
                allowed: '',
                denied: '',
                isHidden: false,
              },
            ])
          }
        >
          {t('users.patterns.add')}
        </Button>
      </div>
    </GroupField>
  )
}
