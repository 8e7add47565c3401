import { hasCode } from '../../core/errors.ts'
import type { Download } from '../../core/files/download.ts'
import type { Entry } from '../../core/files/storage.ts'
import type { OpenForWriting } from '../../core/files/transfer-opener.ts'
import type { UserFilesystem } from '../../core/files/user-filesystem.ts'
import { parentOf, type VirtualPath } from '../../core/files/virtual-path.ts'
import { DirectoryListing } from './directory-listing.ts'
import { PendingReads } from './download-reader.ts'
import type { Handle } from './open-handles.ts'
import { UploadQueue } from './upload-queue.ts'

/** pflags of SSH_FXP_OPEN (draft-ietf-secsh-filexfer-02 §6.3). */
const flag = { read: 0x1, write: 0x2, append: 0x4, create: 0x8, truncate: 0x10, exclusive: 0x20 }

/** True when an open with these flags can change what a name holds. */
export function isOpenForChange(flags: number): boolean {
  return (flags & (flag.write | flag.append | flag.create)) !== 0
}

/** Opens a file for reading, writing or both; attributes sent along are the caller's to leave out. */
export async function openFile(files: UserFilesystem, path: VirtualPath, flags: number): Promise<Handle> {
  const has = (bit: number) => (flags & bit) !== 0
  if (!has(flag.write) && !has(flag.append)) {
    const download = await openToRead(files, path, has(flag.create), has(flag.exclusive))
    return { kind: 'read', path, download, reads: new PendingReads(download) }
  }
  const upload = await files.openUpload(path, { ...howToWrite(flags), followsName: true })
  const queue = new UploadQueue(upload, { appends: has(flag.append) })
  return {
    kind: 'write',
    // It goes where the file goes.
    get path() {
      return upload.path
    },
    ...{ upload, queue, mayRead: has(flag.read) },
  }
}

/** Starts a listing; '.' and '..' come first. */
export async function openDirectory(files: UserFilesystem, path: VirtualPath): Promise<Handle> {
  const batches = files.list(path)[Symbol.asyncIterator]()
  const first = await batches.next()
  const dots = await Promise.all([named(files, path, '.'), named(files, parentOf(path), '..')])
  const entries = first.done ? dots : [...dots, ...first.value]
  return { kind: 'directory', path, listing: new DirectoryListing(entries, batches) }
}

function howToWrite(flags: number): OpenForWriting {
  const missing = flags & flag.create ? 'create' : 'fail'
  if (flags & flag.create && flags & flag.exclusive) return { existing: 'fail', missing }
  if (flags & flag.truncate) return { existing: 'replace', missing }
  return { existing: flags & flag.append ? 'append' : 'modify', missing }
}

async function openToRead(
  files: UserFilesystem,
  path: VirtualPath,
  create: boolean,
  exclusive: boolean,
): Promise<Download> {
  if (!create) return files.openDownload(path, { seesOwn: true })
  if (!exclusive)
    try {
      return await files.openDownload(path, { seesOwn: true })
    } catch (error) {
      if (!hasCode(error, 'not-found')) throw error
    }
  const upload = await files.openUpload(path, { existing: 'fail', missing: 'create' })
  await upload.finish()
  return files.openDownload(path, { seesOwn: true })
}

/** A directory as an entry of a listing. What it is called in may be closed to the user: then only its name shows. */
async function named(files: UserFilesystem, path: VirtualPath, name: string): Promise<Entry> {
  const unknown: Entry = {
    name,
    type: 'directory',
    size: 0,
    mode: 0o755,
    modifiedAt: 0,
    accessedAt: 0,
    links: 1,
  }
  return files.stat(path).then(
    (entry) => ({ ...entry, name }),
    () => unknown,
  )
}
