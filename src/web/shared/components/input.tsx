import type { FunctionComponent, InputEventHandler } from 'preact'

export interface InputProps {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly value: string
  readonly autoComplete?: string
  readonly autoFocus?: boolean | undefined
  readonly required?: boolean | undefined
  readonly readOnly?: boolean | undefined
  readonly placeholder?: string | undefined
  readonly spellcheck?: boolean
  readonly list?: string | undefined
  readonly 'aria-invalid'?: 'true' | undefined
  readonly 'aria-describedby'?: string | undefined
  readonly onInput: InputEventHandler<HTMLInputElement>
}

/** The plain element. Preact's types tell every kind of input apart; here the kind is known at run time only. */
export const Input = 'input' as unknown as FunctionComponent<InputProps>
