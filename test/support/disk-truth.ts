import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { waitUntil } from './wait-until.ts'

/** What a home really holds, without staged uploads, in the form in which the API tells used quota. */
export async function heldBy(home: string): Promise<{ size: number; files: number }> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.part'))
  const sizes = await Promise.all(
    files.map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size),
  )
  return { size: sizes.reduce((sum, size) => sum + size, 0), files: files.length }
}

/** A product as far as its counters go. */
export interface Counted {
  homeOf(username: string): string
  api(method: string, path: string): Promise<{ body: unknown }>
}

/** Waits until the counters of a user tell what is on the disk. @throws with both when they do not within `timeoutMs` */
export async function quotaIsTrue(server: Counted, username: string, timeoutMs = 10_000): Promise<void> {
  const home = server.homeOf(username)
  let seen = ''
  await waitUntil(
    'counters equal to what is on the disk',
    async () => {
      const { body } = await server.api('GET', `/users/${username}`)
      const { used_quota_size: size, used_quota_files: files } = body as Record<string, number>
      const held = await heldBy(home)
      seen = JSON.stringify({ told: { size, files }, held })
      return size === held.size && files === held.files
    },
    timeoutMs,
  ).catch((error: unknown) => {
    throw new Error(`${username}: ${seen}`, { cause: error })
  })
}
