import { createContext } from 'preact'
import { useContext } from 'react'
import type { SignInRequest, UserSession, UserSessionState } from '../../contract/session.ts'
import { callApi, useCsrfToken } from '../shared/api.ts'

/** Whose page this is. */
let owner: string | undefined

/**
 * Who is signed in. When somebody else has signed in meanwhile, in another tab, the token is not taken: what this page
 * was going to change is refused, and does not become a change of the other one's files.
 */
export async function readSession(): Promise<UserSessionState> {
  const state = await callApi<UserSessionState>('GET', 'session/user')
  const { session } = state
  if (session && (owner ??= session.username) === session.username) useCsrfToken(session.csrf_token)
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
