import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { adminMay, type AdminPermission } from '../../../core/accounts/admin.ts'
import type { AdminSignIn } from '../../../core/auth/admin-sign-in.ts'
import { FileServerError, hasCode } from '../../../core/errors.ts'
import { adminTokenOf } from '../access.ts'

/** Often enough to be 'at once', in milliseconds. */
const checkIntervalMs = 1_000

export type Authenticating = Pick<AdminSignIn, 'authenticate'>

/** Whether who asked may still have the answer. True as well while nobody can tell, the database being away. */
export async function mayStill(
  request: FastifyRequest,
  adminSignIn: Authenticating,
  permission: AdminPermission,
): Promise<boolean> {
  try {
    return adminMay(await adminSignIn.authenticate(adminTokenOf(request)), permission)
  } catch (error) {
    return !hasCode(error, 'access-denied')
  }
}

/** Cuts a file that is being sent when the admin who gets it is signed out, disabled, removed or loses the permission. */
export function cutWhenRefused(
  stream: Readable,
  request: FastifyRequest,
  adminSignIn: Authenticating,
  permission: AdminPermission,
): Readable {
  const check = async () => {
    if (await mayStill(request, adminSignIn, permission)) return
    stream.destroy(new FileServerError('access-denied', 'The admin may not have this any more'))
  }
  const timer = setInterval(() => void check(), checkIntervalMs).unref()
  return stream.once('close', () => clearInterval(timer))
}
