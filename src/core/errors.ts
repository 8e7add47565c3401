/** Every way a request can fail, as the protocols need to tell them apart. Each protocol maps all of them. */
export const errorCodes = [
  'not-found',
  'already-exists',
  'not-a-directory',
  'is-a-directory',
  'directory-not-empty',
  'permission-denied',
  'quota-exceeded',
  'no-space',
  'invalid-path',
  'invalid-argument',
  'access-denied',
  /** The password was right, and a code of the second factor is asked for. */
  'second-factor-needed',
  'too-many-attempts',
  'too-many-connections',
  'unsupported',
  /** What is there is not the beginning of what the client goes on with. */
  'not-resumable',
  'busy',
  'aborted',
  'unavailable',
  'storage-failure',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** Why something is refused, for pages that tell it in words of their own: what people meet every day. */
export type RefusalReason =
  | 'wrong-password'
  | 'wrong-code'
  | 'code-missing'
  | 'second-factor-secret-over'
  | 'password-too-short'
  | 'password-is-name'
  | 'password-as-before'
  | 'not-a-public-key'
  | 'name-edges'
  | 'name-too-long'
  | 'name-reserved'
  | 'name-dots'
  | 'name-character'
  | 'name-spelling'
  | 'path-not-absolute'
  | 'path-dots'
  | 'path-too-long'
  | 'path-outside'
  | 'path-twice'
  | 'folder-twice'
  | 'folder-unknown'
  | 'wrong-passphrase'
  | 'passphrase-missing'
  | 'backup-none'
  | 'backup-foreign'
  | 'backup-newer'
  | 'backup-damaged'
  | 'key-end'
  | 'too-many-keys'
  | 'end-before-beginning'
  | 'is-missing'
  | 'is-too-long'
  | 'quota-files'
  | 'quota-space'
  | 'file-too-large'
  | 'name-not-permitted'
  | 'names-differ-there'
  | 'permission-inside'
  | 'mounted-folder'
  | 'holds-mounted-folder'
  | 'into-itself'
  | 'target-is-folder'
  | 'target-is-file'
  | 'setting-value'
  | 'yourself-disabled'
  | 'yourself-removed'
  | 'last-manager'
  | 'permission-not-held'
  | 'account-not-admin'
  | 'account-second-factor'
  | 'backup-too-large'
  | 'restore-add-users'
  | 'restore-edit-users'
  | 'restore-delete-users'
  | 'restore-folders'
  | 'restore-admins'
  | 'factor-of-platform'
  | 'cross-site'
  | 'too-deep'

interface ErrorOptions {
  readonly cause?: unknown
  readonly field?: string
  readonly reason?: RefusalReason
}

/**
 * The only error that crosses a layer. `message` is safe to show to a client; `cause` is for the log.
 * `field` names the offending input of an 'invalid-argument', `reason` why anything is refused.
 */
export class FileServerError extends Error {
  override readonly name = 'FileServerError'
  readonly code: ErrorCode
  readonly field: string | undefined
  readonly reason: RefusalReason | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    // Most of these are answers to a client, made by the thousand ("is there such a file?"): where the code was then
    // is of no use to anybody and costs more than the question. What nobody foresaw keeps its stack.
    const { stackTraceLimit } = Error
    if (code !== 'storage-failure') Error.stackTraceLimit = 0
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    Error.stackTraceLimit = stackTraceLimit
    this.code = code
    this.field = options.field
    this.reason = options.reason
  }
}

/** An input that is refused: `problem` is what stands behind the name of its field. */
export function invalidInput(field: string, problem: string, reason?: RefusalReason): FileServerError {
  return new FileServerError('invalid-argument', `${field}: ${problem}`, { field, ...(reason && { reason }) })
}

/** Turns anything thrown into a FileServerError; what nobody foresaw becomes 'storage-failure' and says nothing. */
export function toFileServerError(error: unknown): FileServerError {
  if (error instanceof FileServerError) return error
  return new FileServerError('storage-failure', 'The request failed on the server', { cause: error })
}

export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof FileServerError && error.code === code
}
