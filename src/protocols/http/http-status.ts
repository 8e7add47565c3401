import type { ErrorCode } from '../../core/errors.ts'

/** Status codes of RFC 9110; 429 of RFC 6585, 507 of RFC 4918. */
export const httpStatus = {
  'not-found': 404,
  'already-exists': 409,
  'not-a-directory': 400,
  'is-a-directory': 400,
  'directory-not-empty': 409,
  'permission-denied': 403,
  'quota-exceeded': 413,
  'no-space': 507,
  'invalid-path': 400,
  'invalid-argument': 400,
  'access-denied': 401,
  'second-factor-needed': 401,
  'too-many-attempts': 429,
  'too-many-connections': 429,
  unsupported: 400,
  'not-resumable': 409,
  busy: 409,
  aborted: 503,
  unavailable: 503,
  'storage-failure': 500,
} as const satisfies Record<ErrorCode, number>
