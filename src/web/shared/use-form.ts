import { useRef, useState } from 'react'
import { ApiFailure } from './api.ts'
import { failureText } from './failure-text.ts'
import { t } from './i18n.ts'

export type FieldErrors = Readonly<Record<string, string>>

export interface Form<T> {
  readonly values: T
  readonly errors: FieldErrors
  /** What is wrong with the whole rather than with a field. */
  readonly failure: string | undefined
  readonly isBusy: boolean
  readonly isDirty: boolean
  set(change: Partial<T>): void
  /** What was typed after `sent`, while a save was under way, stays. */
  reset(values: T, sent?: T): void
  /** For `onSubmit`: checks, sends, and puts each refusal beside the field it is about. */
  submit(event?: Event): Promise<void>
}

export interface FormOptions<T> {
  readonly initial: T
  /** Field names are those of the API, as in `filters.start_directory`. */
  readonly validate?: (values: T) => FieldErrors
  /** Of the fields that are shown; a refusal of any other is shown for the whole form. */
  readonly fields: readonly string[]
  readonly send: (values: T) => Promise<void>
}

/** Nothing that was typed is lost by a refusal; the first wrong field gets the focus. */
export function useForm<T extends object>({ initial, validate, fields, send }: FormOptions<T>): Form<T> {
  const [values, setValues] = useState(initial)
  const [errors, setErrors] = useState<FieldErrors>({})
  const [failure, setFailure] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const [isDirty, setDirty] = useState(false)
  const busy = useRef(false)

  const refuse = (found: FieldErrors) => {
    setErrors(found)
    focusFirst(Object.keys(found))
  }
  const submit = async (event?: Event) => {
    event?.preventDefault()
    if (busy.current) return
    const half = halfTyped(event)
    const found = { ...validate?.(values), ...Object.fromEntries(half.map((name) => [name, t('form.half')])) }
    setFailure(half.every((name) => fields.includes(name)) ? undefined : t('form.half'))
    if (Object.keys(found).length > 0) return refuse(found)
    setErrors({})
    busy.current = true
    setBusy(true)
    try {
      await send(values)
      setDirty(false)
    } catch (error) {
      const field = error instanceof ApiFailure ? error.field : undefined
      if (field !== undefined && fields.includes(field)) refuse({ [field]: failureText(error) })
      else setFailure(failureText(error))
    } finally {
      busy.current = false
      setBusy(false)
    }
  }
  return {
    values,
    errors,
    failure,
    isBusy,
    isDirty,
    set: (change) => {
      setValues((before) => ({ ...before, ...change }))
      setDirty(true)
    },
    reset: (fresh, sent) => {
      setValues((typed) => (sent === undefined ? fresh : { ...fresh, ...typedSince(sent, typed) }))
      setErrors({})
      setFailure(undefined)
      setDirty(false)
    },
    submit,
  }
}

function typedSince<T extends object>(sent: T, typed: T): Partial<T> {
  const names = (Object.keys(typed) as (keyof T)[]).filter((name) => typed[name] !== sent[name])
  return Object.fromEntries(names.map((name) => [name, typed[name]])) as Partial<T>
}

/** Fields with half a date or number in them: their value is '', which would be taken for none. */
function halfTyped(event: Event | undefined): readonly string[] {
  const form = event?.currentTarget
  return form instanceof HTMLFormElement
    ? [...form.elements].flatMap((field) =>
        field instanceof HTMLInputElement && field.validity.badInput ? [field.name] : [],
      )
    : []
}

/** After the errors have been drawn. */
function focusFirst(names: readonly string[]): void {
  requestAnimationFrame(() => {
    const first = [...document.querySelectorAll<HTMLElement>('[name], [data-field]')].find((element) =>
      names.includes(element.getAttribute('name') ?? element.dataset['field'] ?? ''),
    )
    first?.focus()
  })
}
