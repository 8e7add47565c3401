import { useCsrfToken } from './api.ts'

/** Whose page this is. */
let owner: string | undefined

/**
 * Takes the token of a session that was read anew. When somebody else has signed in meanwhile, in another tab, it is not taken:
 * what this page was going to change is refused, and does not become a change by the other one.
 */
export function takeTokenOf(
  session: { readonly username: string; readonly csrf_token: string } | undefined | null,
): void {
  if (session && (owner ??= session.username) === session.username) useCsrfToken(session.csrf_token)
}
