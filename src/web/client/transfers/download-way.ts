import { urlOf } from '../../shared/api.ts'

/** The platform takes answers whole, and refuses those of more than 8 MiB. */
const platformLimit = 8 * 1024 * 1024

let probing: Promise<boolean> | undefined

/** Whether an answer of `size` bytes gets through to this page; of undefined where it is not known, which may be long. */
export function passesAnswers(size: number | undefined): Promise<boolean> {
  if (size !== undefined && size <= platformLimit) return Promise.resolve(true)
  probing ??= passesLongAnswers()
  return probing
}

/** By an answer that is nobody's file. A proxy that takes it whole tells no sooner than it has it. */
async function passesLongAnswers(): Promise<boolean> {
  const abort = new AbortController()
  try {
    const url = urlOf('api/v2/user/long-answer')
    const response = await fetch(url, { credentials: 'same-origin', signal: abort.signal })
    return response.ok
  } catch {
    return false
  } finally {
    // The headers told enough.
    abort.abort()
  }
}
