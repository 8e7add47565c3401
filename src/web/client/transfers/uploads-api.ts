import type { DirectoryPage, UnfinishedUpload } from '../../../contract/file.ts'
import { ApiFailure, callApi, csrfHeaders, currentCsrfToken, hasNewToken, urlOf } from '../../shared/api.ts'

export const uploadsUrl = () => urlOf('api/v2/user/uploads')
export const uploadUrl = (id: string) => urlOf(`api/v2/user/uploads/${encodeURIComponent(id)}`)

export function listUnfinished(): Promise<UnfinishedUpload[]> {
  return callApi<UnfinishedUpload[]>('GET', 'user/uploads')
}

/** Gives up what has arrived of an upload. Works also where nothing but GET and POST gets through. */
export async function discardUpload(id: string): Promise<void> {
  const token = currentCsrfToken()
  const headers = { ...csrfHeaders(), 'Tus-Resumable': '1.0.0', 'X-HTTP-Method-Override': 'DELETE' }
  const response = await fetch(uploadUrl(id), { method: 'POST', headers, credentials: 'same-origin' })
  if (response.status === 403 && (await hasNewToken(token))) return discardUpload(id)
  const isGone = response.ok || response.status === 404 || response.status === 410
  if (!isGone)
    throw new ApiFailure(response.status, { message: response.statusText, error: `http-${response.status}` })
}

/** Whether an upload is of this very file, as far as a browser can tell: by the time of its last change. */
export async function isSameFile({ id }: UnfinishedUpload, file: File): Promise<boolean> {
  const headers = { 'Tus-Resumable': '1.0.0' }
  const response = await fetch(uploadUrl(id), { method: 'HEAD', headers, credentials: 'same-origin' })
  const metadata = response.headers.get('Upload-Metadata') ?? ''
  const modified = metadata
    .split(',')
    .map((pair) => pair.trim().split(' '))
    .find(([key]) => key === 'modified')?.[1]
  return response.ok && (modified === undefined || atob(modified) === String(file.lastModified))
}

/** Names of everything in a directory; none where it may not be listed. */
export async function namesIn(path: string): Promise<string[]> {
  const names: string[] = []
  let cursor: string | undefined
  try {
    do {
      const body = cursor === undefined ? { path } : { path, cursor }
      const page: DirectoryPage = await callApi('POST', 'user/dirs', { body })
      for (const { name } of page.entries) names.push(name)
      cursor = page.cursor
    } while (cursor !== undefined)
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.code !== 'permission-denied') throw error
  }
  return names
}

/** Fine as well when somebody made it meanwhile. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await callApi('POST', 'user/dirs/make', { body: { path } })
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.code !== 'already-exists') throw error
  }
}
