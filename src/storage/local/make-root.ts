import { dirname, relative, resolve, sep } from 'node:path'
import { FileServerError } from '../../core/errors.ts'
import type { DiskCalls } from './adaptive-disk.ts'
import { isErrno } from './disk-error.ts'

export const directoryMode = 0o755

/**
 * Makes the directory `path` and its parents where missing. Storages, which lie right below `storagesDirectory`, are the
 * platform's to make: one made here would take files that nobody sees.
 *
 * @throws FileServerError 'not-a-directory', and Node's ENOENT when a storage is missing
 */
export async function makeRoot(disk: DiskCalls, path: string, storagesDirectory?: string): Promise<void> {
  const names = storagesDirectory === undefined ? [] : namesBelow(storagesDirectory, path)
  if (storagesDirectory === undefined || names.length === 0) return makeAll(disk, path)
  // With a slash at the end it is a directory, or a link to one, that is looked up.
  if (await disk.lstatIfThere(`${path}/`)) return
  let directory = resolve(storagesDirectory, names[0] ?? '')
  // One by one: with `recursive` a storage that is removed in this moment would be made again.
  for (const name of names.slice(1)) {
    directory = resolve(directory, name)
    await makeOne(disk, directory)
  }
  await disk.lstat(`${path}/`)
}

/** [] for a path that is not below. */
function namesBelow(directory: string, path: string): readonly string[] {
  const names = relative(directory, path).split(sep)
  return names[0] === '..' || names[0] === '' ? [] : names
}

async function makeOne(disk: DiskCalls, path: string): Promise<void> {
  try {
    await disk.mkdir(path, { mode: directoryMode })
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return
    throw error
  }
  // The umask took some bits away.
  await disk.chmod(path, directoryMode)
}

async function makeAll(disk: DiskCalls, path: string): Promise<void> {
  let first: string | undefined
  try {
    first = await disk.mkdir(path, { recursive: true, mode: directoryMode })
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
    throw new FileServerError('not-a-directory', 'Not a directory', { cause: error })
  }
  if (first === undefined) return
  // The umask took some bits away.
  for (let made = resolve(path); made.length >= first.length; made = dirname(made))
    await disk.chmod(made, directoryMode)
}
