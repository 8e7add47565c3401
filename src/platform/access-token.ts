const tokenPattern = /^[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/
const maxTokenLength = 4096

/**
 * The user whom a Thinger.io access token names, or undefined for text that is no such token. Proves nothing: tokens
 * are signed with a secret of the platform's, which alone can tell a good one.
 */
export function readTokenUser(text: string): string | undefined {
  const payload = text.length > maxTokenLength ? undefined : tokenPattern.exec(text)?.[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    if (typeof claims !== 'object' || claims === null || !('usr' in claims)) return undefined
    return typeof claims.usr === 'string' && claims.usr !== '' ? claims.usr : undefined
  } catch {
    return undefined
  }
}
