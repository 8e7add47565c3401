/** The platform takes answers whole, and refuses those of more than 8 MiB. */
const platformLimit = 8 * 1024 * 1024

let probing: Promise<boolean> | undefined

/** Whether a long answer gets through to this page; found out once, by the beginning of one. */
export function passesLongAnswers(url: string, size: number): Promise<boolean> {
  if (size <= platformLimit) return Promise.resolve(true)
  probing ??= passes(url, { Range: `bytes=0-${platformLimit}` })
  return probing
}

/** Whether this very answer gets through. A proxy that takes it whole tells no sooner than it has it. */
export async function passes(url: string, headers: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const abort = new AbortController()
  try {
    const response = await fetch(url, { headers, credentials: 'same-origin', signal: abort.signal })
    return response.ok
  } catch {
    return false
  } finally {
    // The headers told enough.
    abort.abort()
  }
}
