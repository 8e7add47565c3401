import { apiMessage } from '../../../contract/api-answer.ts'
import {
  directoryPage,
  fileStat,
  listDirectoryRequest,
  pathRequest,
  renameRequest,
} from '../../../contract/file.ts'
import { joinPath } from '../../../core/files/virtual-path.ts'
import { webSessionOf } from '../access.ts'
import { toVirtualPath } from '../api/virtual-path-field.ts'
import type { HttpApp } from '../http-app.ts'
import type { WebSession } from '../web-sessions.ts'
import { toDirectoryRights, toFileEntry, toFileStat } from './file-entry.ts'
import { OpenListings } from './open-listings.ts'

const tags = ['files']

/** Looking at directories, and what changes one entry. Paths are in bodies: the platform refuses '..' in addresses. */
export function serveDirectories(app: HttpApp): void {
  serveListings(app)

  app.post(
    '/user/dirs/make',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'make_user_dir',
        summary: 'Make a directory',
        body: pathRequest,
        response: { 201: apiMessage },
      },
    },
    async (request, reply) => {
      const { files } = webSessionOf(request).session
      await files.makeDirectory(toVirtualPath('path', request.body.path))
      return reply.code(201).send({ message: 'Directory made' })
    },
  )

  app.post(
    '/user/files/stat',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'stat_user_file',
        summary: 'Look at one entry',
        body: pathRequest,
        response: { 200: fileStat },
      },
    },
    async (request) => {
      const { files } = webSessionOf(request).session
      const path = toVirtualPath('path', request.body.path)
      return toFileStat(files, path, await files.stat(path))
    },
  )

  app.post(
    '/user/files/rename',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'rename_user_file',
        summary: 'Rename or move one entry within a storage',
        body: renameRequest,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      const { files } = webSessionOf(request).session
      const { path, target, overwrite = false } = request.body
      await files.rename(toVirtualPath('path', path), toVirtualPath('target', target), { replace: overwrite })
      return { message: 'Renamed' }
    },
  )
}

function serveListings(app: HttpApp): void {
  const listings = new WeakMap<WebSession, OpenListings>()
  const listingsOf = (webSession: WebSession) => {
    const known = listings.get(webSession) ?? new OpenListings()
    listings.set(webSession, known)
    return known
  }

  app.post(
    '/user/dirs',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'list_user_dir',
        summary: 'List a directory, page by page',
        body: listDirectoryRequest,
        response: { 200: directoryPage },
      },
    },
    async (request) => {
      const webSession = webSessionOf(request)
      const { files } = webSession.session
      const path = toVirtualPath('path', request.body.path)
      const { cursor } = request.body
      const open = listingsOf(webSession)
      const page = await (cursor === undefined ? open.first(path, files.list(path)) : open.next(path, cursor))
      return {
        entries: page.entries.map((entry) => toFileEntry(files, joinPath(path, entry.name), entry)),
        ...(page.cursor === undefined ? {} : { cursor: page.cursor }),
        rights: toDirectoryRights(files.rightsIn(path)),
      }
    },
  )
}
