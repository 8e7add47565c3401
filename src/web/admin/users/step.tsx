import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'react'
import { Button } from '../../shared/components/button.tsx'
import { Icon } from '../../shared/components/icon.tsx'
import { t } from '../../shared/i18n.ts'

export interface StepProps {
  readonly number: number
  readonly title: string
  readonly state: 'later' | 'now' | 'done'
  /** What was chosen, when it is done. */
  readonly summary?: ComponentChildren
  readonly onChange?: (() => void) | undefined
  readonly children: ComponentChildren
}

/** One of a few steps, of which one is open. */
export function Step({ number, title, state, summary, onChange, children }: StepProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const before = useRef(state)
  useEffect(() => {
    // What was focused went away with the step before.
    const isNew = state === 'now' && before.current !== 'now'
    before.current = state
    if (isNew && heading.current?.parentElement?.parentElement?.contains(document.activeElement) !== true)
      heading.current?.focus()
  }, [state])
  return (
    <li className={`card step step-${state}`} aria-current={state === 'now' ? 'step' : undefined}>
      <div className="step-head">
        <span className="step-number" aria-hidden="true">
          {state === 'done' ? <Icon name="check" /> : number}
        </span>
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {state === 'done' && summary !== undefined ? <span className="step-summary">{summary}</span> : null}
        {state === 'done' && onChange ? <Button onClick={onChange}>{t('steps.change')}</Button> : null}
      </div>
      {state === 'now' ? <div className="step-body">{children}</div> : null}
    </li>
  )
}
