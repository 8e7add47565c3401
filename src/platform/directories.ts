import { access, chmod, constants, mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { storageIdPattern } from './thinger-client.ts'

/** A directory that the product needs, and how to get it when it has none. */
export interface DirectoryReport {
  readonly purpose: string
  readonly path: string
  readonly isUsable: boolean
  /** What is wrong and what to do on the host, in one sentence each; '' when usable. */
  readonly problem: string
  readonly advice: string
}

/** A storage as the disk shows it. */
export interface StorageDirectory {
  readonly id: string
  readonly isWritable: boolean
}

/** Where a directory of the container lies on the host, for advice that can be pasted there. */
export interface Mount {
  readonly inside: string
  readonly outside: string
}

/** Linux, include/uapi/asm-generic/fcntl.h: a file without a name, gone when closed. */
const unnamedFile = 0o20000000 | constants.O_DIRECTORY

/** Makes a directory where it is missing and tries whether this process can write in it. */
export async function prepareDirectory(
  need: { readonly purpose: string; readonly path: string; readonly mode: number },
  mounts: readonly Mount[] = [],
): Promise<DirectoryReport> {
  const { purpose, path, mode } = need
  try {
    const created = await mkdir(path, { recursive: true, mode })
    // The umask may have taken bits away that others on the host rely on.
    if (created !== undefined) await chmod(path, mode)
    await tryToWrite(path)
    return { purpose, path, isUsable: true, problem: '', advice: '' }
  } catch (error) {
    return { purpose, path, isUsable: false, ...(await diagnose(path, codeOf(error), mounts)) }
  }
}

/** Directories in `storagesDir` that can be a storage, by name; links and other names do not count. */
export async function listStorageDirectories(storagesDir: string): Promise<readonly StorageDirectory[]> {
  const found: StorageDirectory[] = []
  for (const entry of await readdir(storagesDir, { withFileTypes: true })) {
    if (!entry.isDirectory() || !storageIdPattern.test(entry.name)) continue
    found.push({ id: entry.name, isWritable: await isWritable(join(storagesDir, entry.name)) })
  }
  return found
}

/** True when storages can be listed and files can be put into one of them, or a storage can be made. */
export async function canHoldFiles(storagesDir: string): Promise<boolean> {
  const storages = await listStorageDirectories(storagesDir)
  return storages.some(({ isWritable }) => isWritable) || (await isWritable(storagesDir))
}

/** Tries it: permission bits do not tell of everything. Never fails. */
export async function isWritable(path: string): Promise<boolean> {
  try {
    await tryToWrite(path)
    return true
  } catch {
    return false
  }
}

/** Opens a file without a name: unlike permission bits this also knows of read-only mounts, and it leaves no trace. */
async function tryToWrite(path: string): Promise<void> {
  try {
    const file = await open(path, constants.O_WRONLY | unnamedFile, 0o600)
    await file.close()
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'EOPNOTSUPP' && code !== 'ENOTSUP' && code !== 'EISDIR' && code !== 'EINVAL') throw error
    await access(path, constants.W_OK | constants.X_OK)
  }
}

async function diagnose(
  path: string,
  code: string,
  mounts: readonly Mount[],
): Promise<{ problem: string; advice: string }> {
  const existing = await nearestExisting(path)
  const host = onHost(existing.path, mounts)
  if (!existing.isDirectory)
    return { problem: `${existing.path} is not a directory`, advice: `move ${host} away` }
  if (code === 'EROFS') return { problem: `${path} is mounted read-only`, advice: `mount ${host} read-write` }
  if (code !== 'EACCES' && code !== 'EPERM')
    return { problem: `${path} cannot be used (${code})`, advice: '' }
  const owner = `${process.geteuid?.() ?? 1000}:${process.getegid?.() ?? 1000}`
  return { problem: `${existing.path} is not writable for user ${owner}`, advice: `chown ${owner} ${host}` }
}

async function nearestExisting(path: string): Promise<{ path: string; isDirectory: boolean }> {
  try {
    return { path, isDirectory: (await stat(path)).isDirectory() }
  } catch {
    const parent = dirname(path)
    return parent === path ? { path, isDirectory: true } : nearestExisting(parent)
  }
}

function onHost(path: string, mounts: readonly Mount[]): string {
  const mount = mounts.find(({ inside }) => path === inside || path.startsWith(`${inside}/`))
  return mount === undefined ? path : mount.outside + path.slice(mount.inside.length)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
