import { randomBytes } from 'node:crypto'
import { link, open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { boxKeyLength } from '../../core/auth/secret-box.ts'
import type { Log } from '../../core/log.ts'

const fileName = 'secret.key'

/**
 * The key that secrets in the database are sealed with, from `directory`; made when missing, readable by the server
 * alone. @throws when the file holds something else
 */
export async function loadSecretKey(directory: string, log: Log): Promise<Buffer> {
  const path = join(directory, fileName)
  const known = await readIfThere(path)
  if (known === undefined && (await writeNew(path, randomBytes(boxKeyLength))))
    log.info({ path }, 'secret key made')
  const key = known ?? (await readFile(path))
  if (key.length !== boxKeyLength)
    throw new Error(`${path} is not a key of ${boxKeyLength} bytes: put the right one there, or remove it`)
  return key
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Whole or not at all; false when another process was first, whose key then counts. */
async function writeNew(path: string, key: Buffer): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(key)
    await file.sync()
    await link(temporary, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await file.close()
    await unlink(temporary)
  }
}
