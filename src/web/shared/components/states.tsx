import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'react'
import { failureText } from '../failure-text.ts'
import { t } from '../i18n.ts'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'

/** Shown while something is asked for the first time; appears late, so that quick answers do not flicker. */
export function Loading() {
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" />
      <span>{t('state.loading')}</span>
    </div>
  )
}

/** What failed, and a way to try again. */
export function Failed({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  return (
    <div className="banner banner-failed" role="alert">
      <Icon name="warning" />
      <p>{failureText(error)}</p>
      {onRetry === undefined ? null : (
        <Button icon="refresh" onClick={onRetry}>
          {t('action.retry')}
        </Button>
      )}
    </div>
  )
}

/** What is wrong with a form as a whole. The button that it answers may be far from it: it is brought into view. */
export function FormFailure({ text }: { readonly text: string | undefined }) {
  const banner = useRef<HTMLDivElement>(null)
  useEffect(() => banner.current?.scrollIntoView({ block: 'nearest' }), [text])
  if (text === undefined) return null
  return (
    <div ref={banner} className="banner banner-failed form-failure" role="alert">
      <Icon name="warning" />
      <p>{text}</p>
    </div>
  )
}

/** Advice or a warning that belongs to the page. */
export function Banner(props: { readonly kind: 'info' | 'warning'; readonly children: ComponentChildren }) {
  return (
    <div className={`banner banner-${props.kind}`}>
      <Icon name={props.kind === 'info' ? 'alert' : 'warning'} />
      <div>{props.children}</div>
    </div>
  )
}

export interface EmptyProps {
  readonly icon: IconName
  readonly title: string
  readonly children?: ComponentChildren
}

/** Nothing is here yet, and what can be done about it. */
export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <div className="empty">
      <Icon name={icon} />
      <p className="empty-title">{title}</p>
      {children}
    </div>
  )
}

/** A word with a colour: the word says it, the colour helps. */
export function Badge(props: {
  readonly kind: 'good' | 'bad' | 'warning' | 'neutral'
  readonly children: ComponentChildren
}) {
  return <span className={`badge badge-${props.kind}`}>{props.children}</span>
}
