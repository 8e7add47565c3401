import { Type } from 'typebox'
import { downloadRequest, downloadTicket, type DownloadTicket } from '../../../contract/file.ts'
import type { UserFilesystem } from '../../../core/files/user-filesystem.ts'
import { nameOf, type VirtualPath } from '../../../core/files/virtual-path.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { webSessionOf } from '../access.ts'
import { toVirtualPath } from '../api/virtual-path-field.ts'
import type { ExpensiveRequests } from '../expensive-requests.ts'
import type { HttpApp } from '../http-app.ts'
import type { WebSession } from '../web-sessions.ts'
import { archiveName } from './archive-names.ts'
import { setDownloadHeaders, harmlessName } from './download-headers.ts'
import { DownloadTickets, type DownloadOrder } from './download-tickets.ts'
import { PieceDownloads, wholeOf } from './piece-downloads.ts'
import { isAsExpected } from './preconditions.ts'
import { sendArchive } from './send-archive.ts'
import { sendFile } from './send-file.ts'

const tags = ['files']
/** Ten thousand paths of a usual length. */
const pathsBodyLimit = 4 * 1024 * 1024
const params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })
const content = Type.Unsafe<unknown>(Type.String({ format: 'binary' }))

/** What one browser session has links to, and what has come by them. */
interface Links {
  readonly tickets: DownloadTickets
  readonly downloads: PieceDownloads
}

/** Files as downloads of the browser, by links without a path or a name in them. */
export function serveDownloads(app: HttpApp, expensive: ExpensiveRequests): void {
  const links = new WeakMap<WebSession, Links>()
  const linksOf = (webSession: WebSession) => {
    const known = links.get(webSession) ?? { tickets: new DownloadTickets(), downloads: new PieceDownloads() }
    links.set(webSession, known)
    return known
  }

  app.post(
    '/user/downloads',
    {
      config: { access: 'user' },
      bodyLimit: pathsBodyLimit,
      schema: {
        tags,
        operationId: 'prepare_user_download',
        summary: 'Get a link to download a file, or a ZIP of several or of directories',
        body: downloadRequest,
        response: { 201: downloadTicket },
      },
    },
    async (request, reply) => {
      const webSession = webSessionOf(request)
      const paths = [...new Set(request.body.paths.map((path) => toVirtualPath('paths', path)))]
      const { order, size } = await toOrder(webSession.session.files, paths, request.body.archive ?? false)
      const id = linksOf(webSession).tickets.issue(order)
      const ticket: DownloadTicket = { url: `api/v2/user/downloads/${id}`, name: order.name }
      return reply.code(201).send(size === undefined ? ticket : { ...ticket, size })
    },
  )

  const download = async (request: FastifyRequest, reply: FastifyReply, id: string) => {
    const webSession = webSessionOf(request)
    const { files } = webSession.session
    const { tickets, downloads } = linksOf(webSession)
    const { paths, isArchive, name } = tickets.use(id)
    disposeWhenClosed(webSession.holdForDownload(), reply)
    const [path] = paths
    if (!isArchive && path !== undefined) {
      const isReported = request.method !== 'HEAD'
      const open = () => files.openDownload(path, { isReported })
      if (!isReported || request.headers.range === undefined)
        return sendFile(request, reply, wholeOf(await open()))
      const look = async () => {
        const unreported = await files.openDownload(path, { isReported: false })
        await unreported.close()
        return unreported.entry
      }
      return sendFile(request, reply, await downloads.piece(id, open, look))
    }
    if (!isAsExpected(request.headers, {})) return reply.code(412).header('Content-Length', 0).send()
    if (request.method !== 'HEAD') {
      expensive.take('archive', request, reply)
      return sendArchive(reply, files, paths, name)
    }
    setDownloadHeaders(reply, name, 'application/zip')
    return reply.send()
  }
  const options = {
    config: { access: 'user' },
    schema: {
      tags,
      summary:
        'Download what a link stands for; parts of a file by Range, as it was by If-Match or If-Unmodified-Since',
      params,
      produces: ['application/octet-stream', 'application/zip'],
      response: { 200: content, 206: content },
    },
  } as const

  app.head(
    '/user/downloads/:id',
    { ...options, schema: { ...options.schema, operationId: 'head_user_download' } },
    (request, reply) => download(request, reply, request.params.id),
  )
  app.get(
    '/user/downloads/:id',
    {
      ...options,
      exposeHeadRoute: false,
      schema: { ...options.schema, operationId: 'get_user_download' },
    },
    (request, reply) => download(request, reply, request.params.id),
  )
}

/** When the answer has ended, in whatever way. */
function disposeWhenClosed(hold: Disposable, { raw: response }: FastifyReply): void {
  if (response.closed) hold[Symbol.dispose]()
  else response.once('close', () => hold[Symbol.dispose]())
}

/** One path is looked at, so that a link to nothing is refused at once; of many, what is missing is told in the ZIP. */
async function toOrder(
  files: UserFilesystem,
  paths: readonly VirtualPath[],
  isArchiveWanted: boolean,
): Promise<{ readonly order: DownloadOrder; readonly size: number | undefined }> {
  const [path] = paths
  const entry = paths.length === 1 && path !== undefined ? await files.stat(path) : undefined
  const isArchive = isArchiveWanted || entry?.type !== 'file'
  const name = isArchive || path === undefined ? archiveName(paths) : nameOf(path)
  return {
    order: { paths, isArchive, name: harmlessName(name) },
    size: isArchive ? undefined : entry?.size,
  }
}
