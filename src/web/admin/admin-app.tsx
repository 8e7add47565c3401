import type { ComponentType } from 'preact'
import { Suspense, useCallback, useEffect, useMemo } from 'react'
import type { AdminPage } from '../../contract/pages.ts'
import type { AdminSessionState } from '../../contract/session.ts'
import { AppShell } from '../shared/components/app-shell.tsx'
import { Page } from '../shared/components/page.tsx'
import { Loading } from '../shared/components/states.tsx'
import { t } from '../shared/i18n.ts'
import { lazyPages } from '../shared/lazy-pages.ts'
import { currentPlace, goTo, usePlace } from '../shared/router.ts'
import { SignInAgain } from '../shared/sign-in-again.tsx'
import { useLoaded } from '../shared/use-loaded.ts'
import { AdminSessionContext, signIn, signOut } from './admin-session.ts'
import { adminNavigation } from './navigation.ts'
import { ServerFailure } from './operation/health/server-failure.tsx'
import { SignInAdmin } from './pages/sign-in-admin.tsx'

/** Each page is loaded when it is shown. */
const { pages, preload } = lazyPages({
  setup: async () => (await import('./pages/first-steps.tsx')).FirstSteps,
  users: async () => (await import('./pages/user-list.tsx')).UserList,
  user: async () => (await import('./pages/user-editor.tsx')).UserEditor,
  folders: async () => (await import('./pages/folder-list.tsx')).FolderList,
  connections: async () => (await import('./pages/live.tsx')).Live,
  events: async () => (await import('./pages/activity.tsx')).Activity,
  status: async () => (await import('./pages/health.tsx')).Health,
  maintenance: async () => (await import('./pages/backups.tsx')).Backups,
  configs: async () => (await import('./pages/settings.tsx')).Settings,
  managers: async () => (await import('./pages/admin-list.tsx')).AdminList,
  profile: async () => (await import('./pages/admin-profile.tsx')).AdminProfile,
} satisfies Record<Exclude<AdminPage, 'login'>, () => Promise<ComponentType>>)

type ShownPage = keyof typeof pages

export interface AdminAppProps {
  readonly loadSession: () => Promise<AdminSessionState>
}

/** The code of the page that the address names comes along with the words and the session. */
export function preloadAdminPage(): void {
  preload(currentPlace().page)
}

export function AdminApp({ loadSession }: AdminAppProps) {
  const state = useLoaded(loadSession, [])
  if (state.value) return <Entered state={state.value} onChange={state.reload} />
  if (state.error === undefined) return <Loading />
  return (
    <main>
      <Page title={t('admin.name')}>
        <ServerFailure error={state.error} onRetry={state.reload} />
      </Page>
    </main>
  )
}

interface EnteredProps {
  readonly state: AdminSessionState
  readonly onChange: () => void
}

function Entered({ state: { session, has_users: hasUsers, ways }, onChange }: EnteredProps) {
  const { page } = usePlace()
  const shown = pageOf(page, hasUsers)
  useEffect(() => {
    if (session && page !== shown) goTo(shown, '', { replace: true })
  }, [session, page, shown])
  const leave = useCallback(async () => {
    await signOut().catch(() => undefined)
    location.assign('./login')
  }, [])
  const navigation = useMemo(() => (session ? adminNavigation(session.permissions) : []), [session])
  if (!session)
    return (
      <SignInAdmin
        ways={ways}
        send={async (request) => {
          await signIn(request)
          onChange()
        }}
      />
    )
  const Shown = pages[shown]
  return (
    <AdminSessionContext.Provider value={session}>
      <AppShell
        name={t('admin.name')}
        navigation={navigation}
        currentPage={shown === 'user' || shown === 'setup' ? 'users' : shown}
        username={session.username}
        userItems={[
          { label: t('admin.profile'), icon: 'key', onChoose: () => goTo('profile') },
          { label: t('shell.signOut'), icon: 'signOut', onChoose: () => void leave() },
        ]}
        otherApp={{ label: t('admin.toClient'), href: '../client/files' }}
      >
        <Suspense fallback={<Loading />}>
          <Shown />
        </Suspense>
      </AppShell>
      <SignInAgain
        username={session.username}
        send={async (request) => void (await signIn(request))}
        onGiveUp={() => location.assign('./login')}
      />
    </AdminSessionContext.Provider>
  )
}

/** Whoever has no users yet begins with the first steps. */
function pageOf(page: string, hasUsers: boolean): ShownPage {
  if (Object.hasOwn(pages, page)) return page as ShownPage
  return hasUsers ? 'users' : 'setup'
}
