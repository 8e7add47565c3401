import type { ComponentChildren } from 'preact'
import { useId } from 'react'

export interface GroupFieldProps {
  readonly label: string
  /** Names of the API's fields that the group stands for. */
  readonly name: string
  readonly hint?: string
  readonly error?: string | undefined
  readonly children?: ComponentChildren
}

/** Several controls for one field of the API; takes the focus when the server refuses it. */
export function GroupField({ label, name, hint, error, children }: GroupFieldProps) {
  const id = useId()
  return (
    <fieldset
      className="editor-group"
      data-field={name}
      tabIndex={-1}
      aria-describedby={error === undefined ? undefined : `${id}-error`}
    >
      <legend>{label}</legend>
      {hint === undefined ? null : <p className="field-hint">{hint}</p>}
      {error === undefined ? null : (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {children}
    </fieldset>
  )
}
