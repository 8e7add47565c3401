import { createContext } from 'preact'
import { useContext } from 'react'
import type { SignInRequest, UserSession, UserSessionState } from '../../contract/session.ts'
import { callApi, useCsrfToken } from '../shared/api.ts'
import { takeTokenOf } from '../shared/page-owner.ts'

/** Who is signed in. */
export async function readSession(): Promise<UserSessionState> {
  const state = await callApi<UserSessionState>('GET', 'session/user')
  takeTokenOf(state.session)
  return state
}

export async function signIn(request: SignInRequest): Promise<UserSession> {
  const session = await callApi<UserSession>('POST', 'session/user', { body: request, asksAgain: false })
  useCsrfToken(session.csrf_token)
  return session
}

export async function signOut(): Promise<void> {
  await callApi('DELETE', 'session/user', { asksAgain: false })
}

export const UserSessionContext = createContext<UserSession | undefined>(undefined)

/** The user who is signed in. */
export function useUser(): UserSession {
  const session = useContext(UserSessionContext)
  if (!session) throw new Error('this page is shown to signed-in users alone')
  return session
}
