import type { ComponentType } from 'preact'
import { Suspense, useCallback, useEffect, useMemo, useState } from 'react'
import type { ClientPage } from '../../contract/pages.ts'
import type { UserSession, UserSessionState } from '../../contract/session.ts'
import { AppShell } from '../shared/components/app-shell.tsx'
import { SignInForm } from '../shared/components/sign-in-form.tsx'
import { SignInPage } from '../shared/components/sign-in-page.tsx'
import { Failed, Loading } from '../shared/components/states.tsx'
import { t } from '../shared/i18n.ts'
import { lazyPages } from '../shared/lazy-pages.ts'
import { lazyPart } from '../shared/lazy-part.tsx'
import { currentPlace, goTo, usePlace } from '../shared/router.ts'
import { SignInAgain } from '../shared/sign-in-again.tsx'
import { useLoaded } from '../shared/use-loaded.ts'
import './client-frame.css'
import { signIn, signOut, UserSessionContext } from './user-session.ts'

/** Each page is loaded when it is shown. */
const { pages, preload } = lazyPages({
  files: async () => (await import('./pages/files.tsx')).Files,
  profile: async () => (await import('./pages/profile.tsx')).Profile,
} satisfies Record<Exclude<ClientPage, 'login'>, () => Promise<ComponentType>>)

/** What moves goes on whichever page is shown. */
const TransfersDock = lazyPart(async () => (await import('./transfers/transfers-dock.tsx')).TransfersDock)

type ShownPage = keyof typeof pages

export interface ClientAppProps {
  readonly loadSession: () => Promise<UserSessionState>
}

/** The code of the page that the address names comes along with the words and the session. */
export function preloadClientPage(): void {
  preload(currentPlace().page)
}

export function ClientApp({ loadSession }: ClientAppProps) {
  const state = useLoaded(loadSession, [])
  if (state.value === undefined)
    return state.error === undefined ? <Loading /> : <Failed error={state.error} onRetry={state.reload} />
  const { session } = state.value
  return session ? <SignedIn session={session} /> : <Entrance onEntered={state.reload} />
}

function Entrance({ onEntered }: { readonly onEntered: () => void }) {
  return (
    <SignInPage
      title={t('client.signIn.title')}
      lead={t('client.signIn.lead')}
      otherApp={{ label: t('client.signIn.toAdmin'), href: '../admin/login' }}
    >
      <SignInForm
        send={async (request) => {
          await signIn(request)
          onEntered()
        }}
      />
    </SignInPage>
  )
}

function SignedIn({ session: first }: { readonly session: UserSession }) {
  const [session, setSession] = useState(first)
  const { page } = usePlace()
  const shown: ShownPage = Object.hasOwn(pages, page) ? (page as ShownPage) : 'files'
  useEffect(() => {
    if (page !== shown) goTo(shown, '', { replace: true })
  }, [page, shown])
  const leave = useCallback(async () => {
    await signOut().catch(() => undefined)
    location.assign('./login')
  }, [])
  const navigation = useMemo(
    () => [
      { page: 'files', label: t('client.nav.files'), icon: 'folder' as const },
      { page: 'profile', label: t('client.nav.profile'), icon: 'user' as const },
    ],
    [],
  )
  const Shown = pages[shown]
  return (
    <UserSessionContext.Provider value={session}>
      <AppShell
        name={t('client.name')}
        navigation={navigation}
        currentPage={shown}
        username={session.username}
        userItems={[
          { label: t('client.nav.profile'), icon: 'user', onChoose: () => goTo('profile') },
          { label: t('shell.signOut'), icon: 'signOut', onChoose: () => void leave() },
        ]}
        otherApp={{ label: t('client.toAdmin'), href: '../admin/users' }}
      >
        <div className="client-frame">
          <div className="client-place">
            <Suspense fallback={<Loading />}>
              <Shown />
            </Suspense>
          </div>
          <Suspense fallback={null}>
            <TransfersDock />
          </Suspense>
        </div>
      </AppShell>
      <SignInAgain
        username={session.username}
        send={async (request) => setSession(await signIn(request))}
        onGiveUp={() => location.assign('./login')}
      />
    </UserSessionContext.Provider>
  )
}
