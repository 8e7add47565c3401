import { Button } from '../../shared/components/button.tsx'
import { AreaField, CheckField, TextField } from '../../shared/components/field.tsx'
import { t } from '../../shared/i18n.ts'
import type { PatternDraft } from './user-draft.ts'

export interface PatternRowProps {
  readonly row: PatternDraft
  readonly onChange: (row: PatternDraft) => void
  readonly onRemove: () => void
}

/** Which names of files are allowed in a directory and below it. */
export function PatternRow({ row, onChange, onRemove }: PatternRowProps) {
  const { key, path, allowed, denied, isHidden } = row
  return (
    <div className="editor-row" role="group" aria-label={path === '' ? t('users.patterns.new') : path}>
      <div className="editor-row-head">
        <TextField
          label={t('users.permissions.path')}
          name={`${key}.path`}
          value={path}
          onChange={(changed) => onChange({ ...row, path: changed })}
        />
        <Button icon="delete" kind="quiet" label={t('users.patterns.remove')} onClick={onRemove} />
      </div>
      <div className="form-columns">
        <AreaField
          label={t('users.patterns.allowed')}
          name={`${key}.allowed`}
          isCode
          rows={2}
          value={allowed}
          hint={t('users.patterns.allowedHint')}
          onChange={(changed) => onChange({ ...row, allowed: changed })}
        />
        <AreaField
          label={t('users.patterns.denied')}
          name={`${key}.denied`}
          isCode
          rows={2}
          value={denied}
          hint={t('users.patterns.deniedHint')}
          onChange={(changed) => onChange({ ...row, denied: changed })}
        />
      </div>
      <CheckField
        label={t('users.patterns.hide')}
        name={`${key}.hide`}
        isChecked={isHidden}
        onChange={(changed) => onChange({ ...row, isHidden: changed })}
      />
    </div>
  )
}
