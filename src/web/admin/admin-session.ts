import { createContext } from 'preact'
import { useContext } from 'react'
import type {
  AdminPermissionName,
  AdminSession,
  AdminSessionState,
  SignInRequest,
} from '../../contract/session.ts'
import { callApi, useCsrfToken } from '../shared/api.ts'
import { takeTokenOf } from '../shared/page-owner.ts'

/** Who is signed in, and how to sign in. */
export async function readSession(): Promise<AdminSessionState> {
  const state = await callApi<AdminSessionState>('GET', 'session/admin')
  takeTokenOf(state.session)
  return state
}

export async function signIn(request: SignInRequest): Promise<AdminSession> {
  const session = await callApi<AdminSession>('POST', 'session/admin', { body: request, asksAgain: false })
  useCsrfToken(session.csrf_token)
  return session
}

export async function signOut(): Promise<void> {
  await callApi('DELETE', 'session/admin', { asksAgain: false })
}

export const AdminSessionContext = createContext<AdminSession | undefined>(undefined)

/** The admin who is signed in. */
export function useAdmin(): AdminSession {
  const session = useContext(AdminSessionContext)
  if (!session) throw new Error('this page is shown to signed-in admins alone')
  return session
}

/** Whether the admin may do something; the server decides it anyway, this only hides what would be refused. */
export function useMay(): (permission: AdminPermissionName) => boolean {
  const { permissions } = useAdmin()
  return (permission) => permissions.includes('*') || permissions.includes(permission)
}
