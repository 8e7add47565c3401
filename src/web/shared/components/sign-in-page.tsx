import type { ComponentChildren } from 'preact'
import { useEffect } from 'react'
import { AppearanceMenus } from './app-shell.tsx'
import { Icon } from './icon.tsx'

export interface SignInPageProps {
  readonly title: string
  readonly lead: ComponentChildren
  readonly otherApp: { readonly label: string; readonly href: string }
  readonly children: ComponentChildren
}

/** The page before a sign-in: one card, and the way to the other app. */
export function SignInPage({ title, lead, otherApp, children }: SignInPageProps) {
  useEffect(() => {
    document.title = `${title} · SFTPGo`
  }, [title])
  return (
    <div className="entrance">
      <div className="entrance-menus">
        <AppearanceMenus />
      </div>
      <main className="entrance-card">
        <p className="entrance-brand">
          <Icon name="folder" />
          <span>SFTPGo</span> <small>Thinger.io</small>
        </p>
        <h1>{title}</h1>
        <p className="page-lead">{lead}</p>
        {children}
        <p className="entrance-other">
          <a href={otherApp.href}>{otherApp.label}</a>
        </p>
      </main>
    </div>
  )
}
