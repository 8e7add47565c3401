import { Type } from 'typebox'
import { apiMessage } from '../../../contract/api-answer.ts'
import {
  fileJob,
  fileJobRequest,
  type FileJob as FileJobResource,
  type FileJobRequest,
} from '../../../contract/file-job.ts'
import { FileServerError } from '../../../core/errors.ts'
import type { FileJobOrder } from '../../../core/files/file-job.ts'
import type { FileJobs, KnownJob } from '../../../core/files/file-jobs.ts'
import { webSessionOf } from '../access.ts'
import { toVirtualPath } from '../api/virtual-path-field.ts'
import type { HttpApp } from '../http-app.ts'

const tags = ['jobs']
/** Ten thousand paths of a usual length. */
const pathsBodyLimit = 4 * 1024 * 1024

/** Copying, moving and removing trees, which goes on after the answer. */
export function serveJobs(app: HttpApp, jobs: FileJobs): void {
  app.post(
    '/user/jobs',
    {
      config: { access: 'user' },
      bodyLimit: pathsBodyLimit,
      schema: {
        tags,
        operationId: 'start_user_job',
        summary: 'Copy, move or delete files and directories',
        body: fileJobRequest,
        response: { 202: fileJob },
      },
    },
    async (request, reply) => {
      const webSession = webSessionOf(request)
      const { files, signal } = webSession.session
      const known = jobs.start({ username: webSession.username, files, signal }, toOrder(request.body))
      const hold = webSession.hold()
      void known.ended.finally(() => hold[Symbol.dispose]())
      return reply.code(202).send(fromJob(known))
    },
  )

  app.get(
    '/user/jobs',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'get_user_jobs',
        summary: 'List the jobs that run, and those that ended in the last ten minutes',
        response: { 200: Type.Array(fileJob) },
      },
    },
    async (request) => jobs.list(webSessionOf(request).username).map(fromJob),
  )

  app.delete(
    '/user/jobs/:id',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'cancel_user_job',
        summary: 'Cancel a job, or forget one that has ended',
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }),
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      await jobs.remove(webSessionOf(request).username, request.params.id)
      return { message: 'Job ended' }
    },
  )
}

function toOrder({ action, paths: raw, target, overwrite = false }: FileJobRequest): FileJobOrder {
  const paths = raw.map((path) => toVirtualPath('paths', path))
  if (action === 'delete') return { action, paths }
  if (target === undefined)
    throw new FileServerError('invalid-argument', 'target: is missing', { field: 'target' })
  return { action, paths, target: toVirtualPath('target', target), overwrite }
}

function fromJob({ id, job, startedAt, endedAt }: KnownJob): FileJobResource {
  return {
    id,
    action: job.action,
    state: job.state,
    started_at: startedAt,
    ended_at: endedAt,
    done_files: job.doneFiles,
    done_bytes: job.doneBytes,
    current: job.current,
    failed: job.failures.map(({ path, code, message, reason }) => ({
      ...{ path, error: code, message },
      ...(reason && { reason }),
    })),
    failed_count: job.failedCount,
  }
}
