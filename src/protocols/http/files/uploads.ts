import { Server } from '@tus/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { ApiError } from '../../../contract/api-answer.ts'
import { unfinishedUpload } from '../../../contract/file.ts'
import { FileServerError } from '../../../core/errors.ts'
import { webSessionOf } from '../access.ts'
import type { HttpApp } from '../http-app.ts'
import { OpenUploads } from './open-uploads.ts'
import { TusStore } from './tus-store.ts'
import { UploadLocks } from './upload-locks.ts'

const tags = ['uploads']
const params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })
/** Their answers are headers. */
const noContent = Type.Unsafe<unknown>(Type.Null({ description: 'Done; the headers say how far.' }))
const methodOverride = 'x-http-method-override'

/** What the protocol's own refusals are called here. */
const errorNames: Readonly<Record<number, string>> = {
  404: 'not-found',
  409: 'busy',
  410: 'not-found',
  412: 'unsupported',
  501: 'unsupported',
}

/** Resumable uploads by tus 1.0 (https://tus.io/protocols/resumable-upload). */
export function serveUploads(app: HttpApp): void {
  const uploads = new OpenUploads()
  const locker = new UploadLocks(uploads)
  // The body of a piece is read by the upload it belongs to.
  app.addContentTypeParser('application/offset+octet-stream', (_request, _payload, done) => done(null))

  const answer = async (request: FastifyRequest, reply: FastifyReply, method: string, id?: string) => {
    const webSession = webSessionOf(request)
    // Before anything is locked: nobody breaks off an upload of somebody else's.
    if (id !== undefined) uploads.find(webSession.username, id)
    let failure: unknown
    const tus = new Server({
      path: '/',
      datastore: new TusStore(uploads, webSession, request.raw),
      locker,
      namingFunction: (_request, metadata) => uploads.idFor(metadata?.['id']),
      // Relative, so that it is right below whatever path the platform shows us.
      generateUrl: (_request, upload) => `uploads/${upload.id}`,
      getFileIdFromRequest: () => id,
      onResponseError: (_request, error) => {
        failure = error
        return undefined
      },
    })
    const response = await tus.handleWeb(new Request('http://tus/', { method, headers: tusHeaders(request) }))
    if (failure instanceof Error) throw failure
    return forward(reply, response)
  }

  app.get(
    '/user/uploads',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'get_user_uploads',
        summary: 'List the uploads that are not complete',
        response: { 200: Type.Array(unfinishedUpload) },
      },
    },
    async (request) =>
      uploads.list(webSessionOf(request).username).map(({ id, path, size, offset, expiresAt }) => ({
        ...{ id, path, size, offset },
        expires_at: expiresAt,
      })),
  )

  serveTus(app, answer)
}

type Answer = (
  request: FastifyRequest,
  reply: FastifyReply,
  method: string,
  id?: string,
) => Promise<FastifyReply>

function serveTus(app: HttpApp, answer: Answer): void {
  const config = { access: 'user', isSlow: true } as const
  const schemaOf = (operationId: string, summary: string) =>
    ({ tags, operationId, summary, response: { 204: noContent } }) as const

  app.options(
    '/user/uploads',
    { config, schema: schemaOf('get_user_upload_options', 'What tus can do here') },
    (request, reply) => answer(request, reply, 'OPTIONS'),
  )
  app.post(
    '/user/uploads',
    {
      config,
      schema: {
        tags,
        operationId: 'begin_user_upload',
        summary: 'Begin an upload (tus creation)',
        description:
          'Upload-Metadata: `path`, a virtual path; `overwrite`, `true` to replace a file; `modified`, milliseconds ' +
          'since the epoch, negative before 1970, becomes the time of the file; `id`, 32 random hexadecimal digits, becomes the id of the ' +
          'upload, by which to ask (HEAD) when the answer is lost.',
        response: { 201: noContent },
      },
    },
    (request, reply) => answer(request, reply, 'POST'),
  )
  app.head(
    '/user/uploads/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'head_user_upload',
        summary: 'How much has arrived (tus)',
        params,
        response: { 200: noContent },
      },
    },
    (request, reply) => answer(request, reply, 'HEAD', request.params.id),
  )
  app.patch(
    '/user/uploads/:id',
    { config, schema: { ...schemaOf('continue_user_upload', 'Send a piece (tus)'), params } },
    (request, reply) => answer(request, reply, 'PATCH', request.params.id),
  )
  app.delete(
    '/user/uploads/:id',
    { config, schema: { ...schemaOf('cancel_user_upload', 'Give an upload up (tus)'), params } },
    (request, reply) => answer(request, reply, 'DELETE', request.params.id),
  )
  const override = 'PATCH or DELETE by X-HTTP-Method-Override, where a proxy lets neither through'
  app.post(
    '/user/uploads/:id',
    { config, schema: { ...schemaOf('override_user_upload', override), params } },
    (request, reply) => answer(request, reply, overriddenMethod(request), request.params.id),
  )
}

function overriddenMethod({ headers }: FastifyRequest): 'PATCH' | 'DELETE' {
  const method = headers[methodOverride]
  if (method === 'PATCH' || method === 'DELETE') return method
  throw new FileServerError('invalid-argument', 'X-HTTP-Method-Override: must be PATCH or DELETE')
}

/** Those the protocol has a meaning for. */
function tusHeaders({ headers }: FastifyRequest): Record<string, string> {
  const taken: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    if (/^(tus-|upload-|content-(type|length)$)/.test(name) && typeof value === 'string') taken[name] = value
  return taken
}

/** Without the headers that would open the API to other origins. */
async function forward(reply: FastifyReply, response: Response): Promise<FastifyReply> {
  for (const [name, value] of response.headers)
    if (/^(tus-|upload-|location$)/.test(name)) void reply.header(name, value)
  void reply.code(response.status)
  if (response.status < 400) return reply.send()
  const message = (await response.text()).trim()
  const error = errorNames[response.status] ?? 'invalid-argument'
  return reply.send({ message, error } satisfies ApiError)
}
