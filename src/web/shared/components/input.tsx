import type { FunctionComponent, InputEventHandler, Ref } from 'preact'
import { useEffect, useRef } from 'react'
import { isLanguageJustChosen } from '../language-choice.ts'

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
const Plain = 'input' as unknown as FunctionComponent<InputProps & { readonly ref: Ref<HTMLInputElement> }>

export function Input(props: InputProps) {
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    // Browsers follow the attribute once a page, and when a dialog opens.
    if (props.autoFocus === true && !isLanguageJustChosen()) input.current?.focus()
  }, [])
  return <Plain ref={input} {...props} />
}
