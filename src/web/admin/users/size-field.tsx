import { useId } from 'react'
import { t } from '../../shared/i18n.ts'
import { sizeUnits, type SizeAmount } from './size-amount.ts'

export interface SizeFieldProps {
  readonly label: string
  readonly name: string
  readonly value: SizeAmount
  readonly hint?: string
  readonly error?: string | undefined
  readonly onChange: (value: SizeAmount) => void
}

/** A number and its unit; empty for no limit. */
export function SizeField({ label, name, value, hint, error, onChange }: SizeFieldProps) {
  const id = useId()
  return (
    <div className={error === undefined ? 'field' : 'field field-wrong'}>
      <label htmlFor={id}>{label}</label>
      <div className="field-row">
        <input
          id={id}
          name={name}
          type="number"
          inputMode="decimal"
          min={0}
          step="any"
          value={value.amount}
          placeholder={t('users.noLimit')}
          aria-invalid={error === undefined ? undefined : 'true'}
          aria-describedby={`${id}-about`}
          onInput={(event) => onChange({ ...value, amount: event.currentTarget.value })}
        />
        <select
          className="editor-unit"
          aria-label={t('users.unitOf', { label })}
          value={value.unit}
          onChange={(event) => {
            const unit = sizeUnits.find((known) => known === event.currentTarget.value)
            if (unit) onChange({ ...value, unit })
          }}
        >
          {sizeUnits.map((unit) => (
            <option key={unit} value={unit}>
              {unit}
            </option>
          ))}
        </select>
      </div>
      <div id={`${id}-about`}>
        {error === undefined ? null : <p className="field-error">{error}</p>}
        {hint === undefined ? null : <p className="field-hint">{hint}</p>}
      </div>
    </div>
  )
}
