import { useEffect, useState } from 'react'
import { Button } from './components/button.tsx'
import { Icon } from './components/icon.tsx'
import { failureText } from './failure-text.ts'
import { t } from './i18n.ts'

export interface Notice {
  readonly id: number
  readonly kind: 'done' | 'failed'
  readonly text: string
}

let notices: readonly Notice[] = []
let nextId = 1
const changed = new EventTarget()
const doneMs = 6000

/** Says that something worked; goes by itself, unless the pointer or the focus is on it. */
export function tellDone(text: string): void {
  const { id } = add('done', text)
  const leave = () => {
    if (document.querySelector(`[data-notice="${id}"]:is(:hover, :focus-within)`)) setTimeout(leave, 1000)
    else dismiss(id)
  }
  setTimeout(leave, doneMs)
}

/** Says that something failed, and stays until it has been read. */
export function tellFailure(error: unknown, what?: string): void {
  add('failed', what === undefined ? failureText(error) : `${what}: ${failureText(error)}`)
}

function add(kind: Notice['kind'], text: string): Notice {
  const notice = { id: nextId++, kind, text }
  notices = [...notices.filter((other) => other.text !== text), notice].slice(-6)
  changed.dispatchEvent(new Event('change'))
  return notice
}

function dismiss(id: number): void {
  notices = notices.filter((notice) => notice.id !== id)
  changed.dispatchEvent(new Event('change'))
}

/** Stands once in each app. */
export function Notices() {
  const [shown, setShown] = useState(notices)
  useEffect(() => {
    const update = () => setShown(notices)
    changed.addEventListener('change', update)
    return () => changed.removeEventListener('change', update)
  }, [])
  return (
    <section className="notices" aria-label={t('notices.title')} aria-live="polite">
      {shown.map(({ id, kind, text }) => (
        <div
          key={id}
          className={`notice notice-${kind}`}
          data-notice={id}
          role={kind === 'failed' ? 'alert' : 'status'}
        >
          <Icon name={kind === 'done' ? 'check' : 'warning'} />
          <span className="notice-text">{text}</span>
          <Button kind="quiet" icon="close" label={t('action.dismiss')} onClick={() => dismiss(id)} />
        </div>
      ))}
    </section>
  )
}
