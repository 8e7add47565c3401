import { type ErrorCode, FileServerError } from '../../core/errors.ts'

type Meaning = readonly [code: ErrorCode, message: string]

const notPermitted: Meaning = ['permission-denied', 'The file system does not allow it']
const noSpace: Meaning = ['no-space', 'No space left on the storage']
const invalidPath: Meaning = ['invalid-path', 'The file system does not accept this name']
const notSupported: Meaning = ['unsupported', 'The file system cannot do this']
const notAFile: Meaning = ['unsupported', 'Neither a file nor a directory']
const inUse: Meaning = ['busy', 'In use; try again later']
const unforeseen: Meaning = ['storage-failure', 'The storage failed']
const exhausted: Meaning = ['unavailable', 'The server has too much open; try again later']

/** What each errno of Linux means to a client. What is not here is a 'storage-failure'. */
const meanings = new Map<string, Meaning>(
  Object.entries({
    ENOENT: ['not-found', 'No such file or directory'],
    EEXIST: ['already-exists', 'The name is already taken'],
    ENOTDIR: ['not-a-directory', 'Not a directory'],
    EISDIR: ['is-a-directory', 'Is a directory'],
    ENOTEMPTY: ['directory-not-empty', 'The directory is not empty'],
    EACCES: notPermitted,
    EPERM: notPermitted,
    EROFS: notPermitted,
    ENOSPC: noSpace,
    EDQUOT: noSpace,
    EFBIG: ['no-space', 'The file is larger than the file system can hold'],
    ENAMETOOLONG: invalidPath,
    EINVAL: invalidPath,
    EILSEQ: invalidPath,
    ELOOP: ['invalid-path', 'Too many symbolic links'],
    EXDEV: ['unsupported', 'Not on the same file system'],
    EMLINK: notSupported,
    ENOSYS: notSupported,
    ENOTSUP: notSupported,
    EOPNOTSUPP: notSupported,
    ENXIO: notAFile,
    ENODEV: notAFile,
    EBUSY: inUse,
    ETXTBSY: inUse,
    EAGAIN: inUse,
    EMFILE: exhausted,
    ENFILE: exhausted,
    ENOMEM: exhausted,
  } satisfies Record<string, Meaning>),
)

/** Translates whatever a file system call threw; a FileServerError stays as it is. Never tells a path of the server. */
export function diskError(error: unknown): FileServerError {
  if (error instanceof FileServerError) return error
  const [code, message] = meanings.get(errnoOf(error)) ?? unforeseen
  return new FileServerError(code, message, { cause: error })
}

/** True when `error` is a failed system call with one of these errnos, e.g. 'ENOENT'. */
export function isErrno(error: unknown, ...errnos: readonly string[]): boolean {
  return errnos.includes(errnoOf(error))
}

/** Runs `work` and lets only FileServerErrors out. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw diskError(error)
  }
}

function errnoOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}
