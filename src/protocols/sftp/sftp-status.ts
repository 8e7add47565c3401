import { type ErrorCode, FileServerError, toFileServerError } from '../../core/errors.ts'

/** Status codes of draft-ietf-secsh-filexfer-02 §7. */
export const statusCode = {
  ok: 0,
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
} as const

export type StatusCode = (typeof statusCode)[keyof typeof statusCode]

/** Version 3 has few codes: what has none of its own is a failure that its message explains. */
const codes = {
  'not-found': statusCode.noSuchFile,
  'already-exists': statusCode.failure,
  // A path that leads through a file: clients ask this way whether something exists.
  'not-a-directory': statusCode.noSuchFile,
  'is-a-directory': statusCode.failure,
  'directory-not-empty': statusCode.failure,
  'permission-denied': statusCode.permissionDenied,
  'quota-exceeded': statusCode.failure,
  'no-space': statusCode.failure,
  'invalid-path': statusCode.failure,
  'invalid-argument': statusCode.badMessage,
  'access-denied': statusCode.permissionDenied,
  'second-factor-needed': statusCode.permissionDenied,
  'too-many-attempts': statusCode.failure,
  'too-many-connections': statusCode.failure,
  unsupported: statusCode.unsupported,
  'not-resumable': statusCode.failure,
  busy: statusCode.failure,
  aborted: statusCode.failure,
  unavailable: statusCode.failure,
  'storage-failure': statusCode.failure,
} as const satisfies Record<ErrorCode, StatusCode>

/** What a client is told of anything thrown; the message is safe for its eyes. */
export function statusOf(error: unknown): { readonly code: StatusCode; readonly message: string } {
  const failure = toFileServerError(error)
  return { code: codes[failure.code], message: failure.message }
}

/** A request that cannot be understood. */
export function malformed(message = 'The request is malformed'): FileServerError {
  return new FileServerError('invalid-argument', message)
}
