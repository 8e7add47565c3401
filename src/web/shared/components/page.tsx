import type { ComponentChildren } from 'preact'
import { useEffect } from 'react'

export interface PageProps {
  readonly title: string
  /** One sentence under the title. */
  readonly lead?: ComponentChildren
  /** Buttons beside the title. */
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

/** Title, what can be done here, content. */
export function Page({ title, lead, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · SFTPGo`
  }, [title])
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>{title}</h1>
          {lead === undefined ? null : <p className="page-lead">{lead}</p>}
        </div>
        {actions === undefined ? null : <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

export interface CardProps {
  readonly title?: string
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

export function Card({ title, actions, children }: CardProps) {
  return (
    <section className="card">
      {title === undefined ? null : (
        <header className="card-head">
          <h2>{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  )
}
