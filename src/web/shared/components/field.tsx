import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'react'
import { t } from '../i18n.ts'
import { Button } from './button.tsx'
import { Input } from './input.tsx'

interface FieldProps {
  readonly label: string
  /** Name of the API's field; refusals are shown at the field of their name. */
  readonly name: string
  readonly hint?: ComponentChildren
  readonly error?: string | undefined
}

interface FrameProps extends FieldProps {
  readonly id: string
  readonly children: ComponentChildren
}

function describedBy(id: string, { hint, error }: FieldProps): string | undefined {
  const ids = [...(hint === undefined ? [] : [`${id}-hint`]), ...(error === undefined ? [] : [`${id}-error`])]
  return ids.length === 0 ? undefined : ids.join(' ')
}

function Frame({ id, label, hint, error, children }: FrameProps) {
  return (
    <div className={error === undefined ? 'field' : 'field field-wrong'}>
      <label htmlFor={id}>{label}</label>
      {children}
      {error === undefined ? null : (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {hint === undefined ? null : (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

export interface TextFieldProps extends FieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly type?: 'text' | 'password' | 'email' | 'search' | 'datetime-local' | 'date'
  readonly autoComplete?: string
  readonly isRequired?: boolean
  readonly isReadOnly?: boolean
  readonly isFocused?: boolean
  /** Texts offered while typing. */
  readonly suggestions?: readonly string[]
  readonly placeholder?: string
}

export function TextField(props: TextFieldProps) {
  const { value, onChange, type = 'text', isRequired = false, suggestions } = props
  const id = useId()
  return (
    <Frame {...props} id={id}>
      <Input
        id={id}
        name={props.name}
        type={type}
        value={value}
        autoComplete={props.autoComplete ?? 'off'}
        autoFocus={props.isFocused}
        required={isRequired}
        readOnly={props.isReadOnly}
        placeholder={props.placeholder}
        list={suggestions === undefined ? undefined : `${id}-list`}
        aria-invalid={props.error === undefined ? undefined : 'true'}
        aria-describedby={describedBy(id, props)}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {suggestions === undefined ? null : (
        <datalist id={`${id}-list`}>
          {suggestions.map((text) => (
            <option key={text} value={text} />
          ))}
        </datalist>
      )}
    </Frame>
  )
}

/** A password that can be looked at while it is typed. */
export function PasswordField(props: Omit<TextFieldProps, 'type' | 'suggestions'>) {
  const [isShown, setShown] = useState(false)
  const id = useId()
  return (
    <Frame {...props} id={id}>
      <div className="field-row">
        <Input
          id={id}
          name={props.name}
          type={isShown ? 'text' : 'password'}
          value={props.value}
          autoComplete={props.autoComplete ?? 'off'}
          autoFocus={props.isFocused}
          required={props.isRequired}
          spellcheck={false}
          aria-invalid={props.error === undefined ? undefined : 'true'}
          aria-describedby={describedBy(id, props)}
          onInput={(event) => props.onChange(event.currentTarget.value)}
        />
        <Button
          icon="eye"
          label={isShown ? t('action.hidePassword') : t('action.showPassword')}
          isPressed={isShown}
          onClick={() => setShown(!isShown)}
        />
      </div>
    </Frame>
  )
}

export interface AreaFieldProps extends FieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly rows?: number
  readonly isCode?: boolean
  readonly placeholder?: string
}

export function AreaField(props: AreaFieldProps) {
  const id = useId()
  return (
    <Frame {...props} id={id}>
      <textarea
        id={id}
        name={props.name}
        rows={props.rows ?? 3}
        className={props.isCode === true ? 'code' : undefined}
        value={props.value}
        placeholder={props.placeholder}
        spellcheck={props.isCode !== true}
        aria-invalid={props.error === undefined ? undefined : 'true'}
        aria-describedby={describedBy(id, props)}
        onInput={(event) => props.onChange(event.currentTarget.value)}
      />
    </Frame>
  )
}

export interface NumberFieldProps extends FieldProps {
  /** As typed: '' stands for no number. */
  readonly value: string
  readonly onChange: (value: string) => void
  readonly min?: number
  readonly max?: number
  readonly step?: number
  readonly unit?: string
}

export function NumberField(props: NumberFieldProps) {
  const id = useId()
  return (
    <Frame {...props} id={id}>
      <div className="field-row">
        <input
          id={id}
          name={props.name}
          type="number"
          inputMode="numeric"
          min={props.min}
          max={props.max}
          step={props.step ?? 1}
          value={props.value}
          aria-invalid={props.error === undefined ? undefined : 'true'}
          aria-describedby={describedBy(id, props)}
          onInput={(event) => props.onChange(event.currentTarget.value)}
        />
        {props.unit === undefined ? null : <span className="field-unit">{props.unit}</span>}
      </div>
    </Frame>
  )
}

export interface Choice<T extends string> {
  readonly value: T
  readonly label: string
}

export interface SelectFieldProps<T extends string> extends FieldProps {
  readonly value: T
  readonly choices: readonly Choice<T>[]
  readonly onChange: (value: T) => void
  /** Has the focus once it is drawn. */
  readonly isFocused?: boolean
}

export function SelectField<T extends string>(props: SelectFieldProps<T>) {
  const { value, choices, onChange } = props
  const id = useId()
  const select = useRef<HTMLSelectElement>(null)
  useEffect(() => {
    if (props.isFocused === true) select.current?.focus()
  }, [])
  return (
    <Frame {...props} id={id}>
      <select
        ref={select}
        id={id}
        name={props.name}
        value={value}
        aria-invalid={props.error === undefined ? undefined : 'true'}
        aria-describedby={describedBy(id, props)}
        onChange={(event) => {
          const chosen = choices.find((choice) => choice.value === event.currentTarget.value)
          if (chosen) onChange(chosen.value)
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </Frame>
  )
}

export interface CheckFieldProps {
  readonly label: string
  readonly name: string
  readonly isChecked: boolean
  readonly onChange: (isChecked: boolean) => void
  readonly hint?: string
  readonly isDisabled?: boolean
}

export function CheckField({ label, name, isChecked, onChange, hint, isDisabled = false }: CheckFieldProps) {
  const id = useId()
  return (
    <div className="check">
      <input
        id={id}
        name={name}
        type="checkbox"
        checked={isChecked}
        disabled={isDisabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label htmlFor={id}>{label}</label>
      {hint === undefined ? null : (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
