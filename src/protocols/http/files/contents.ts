import type { Readable } from 'node:stream'
import { Type } from 'typebox'
import {
  fileStat,
  maxTextBytes,
  readRequest,
  saveTextRequest,
  type FileStat,
} from '../../../contract/file.ts'
import { FileServerError } from '../../../core/errors.ts'
import type { OpenForWriting } from '../../../core/files/transfer-opener.ts'
import type { UserFilesystem } from '../../../core/files/user-filesystem.ts'
import type { VirtualPath } from '../../../core/files/virtual-path.ts'
import { webSessionOf } from '../access.ts'
import { toVirtualPath } from '../api/virtual-path-field.ts'
import type { HttpApp } from '../http-app.ts'
import { etagOf, toFileStat } from './file-entry.ts'
import { setDownloadHeaders } from './download-headers.ts'
import { wholeOf } from './piece-downloads.ts'
import { sendBytes } from './send-file.ts'

const tags = ['files']
/** JSON spends up to six bytes on one of a text. */
const textBodyLimit = maxTextBytes * 6 + 64 * 1024

/** Small contents in one request: a piece for a viewer, a text for the editor. */
export function serveContents(app: HttpApp): void {
  app.post(
    '/user/files/read',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'read_user_file',
        summary: 'Read a piece of a file',
        body: readRequest,
        produces: ['application/octet-stream'],
        response: { 200: Type.Unsafe<Readable>(Type.String({ format: 'binary' })) },
      },
    },
    async (request, reply) => {
      const { files } = webSessionOf(request).session
      const { path, offset, length } = request.body
      const download = await files.openDownload(toVirtualPath('path', path))
      const { size } = download.entry
      const start = Math.min(offset, size)
      const end = Math.min(start + length, size)
      setDownloadHeaders(reply, 'piece')
      void reply.header('ETag', etagOf(download.entry)).header('Content-Length', end - start)
      await sendBytes(reply, wholeOf(download), { start, end })
      return reply
    },
  )

  app.post(
    '/user/files/text',
    {
      config: { access: 'user' },
      bodyLimit: textBodyLimit,
      schema: {
        tags,
        operationId: 'save_user_text',
        summary: 'Save a small text file whole',
        body: saveTextRequest,
        response: { 200: fileStat },
      },
    },
    async (request) => {
      const { files } = webSessionOf(request).session
      const { path, text, etag } = request.body
      return saveText(files, toVirtualPath('path', path), text, etag)
    },
  )
}

async function saveText(
  files: UserFilesystem,
  path: VirtualPath,
  text: string,
  etag: string | undefined,
): Promise<FileStat> {
  const bytes = Buffer.from(text)
  if (bytes.length > maxTextBytes)
    throw new FileServerError('invalid-argument', `text: at most ${maxTextBytes / 1024} KiB`, {
      field: 'text',
    })
  const upload = await files.openUpload(path, etag === undefined ? asNew : inPlaceOf(etag))
  try {
    await upload.write(0, [bytes])
    await upload.finish()
  } catch (error) {
    await upload.abort()
    throw error
  }
  return toFileStat(files, path, await files.stat(path))
}

const asNew: OpenForWriting = { existing: 'fail', missing: 'create', isAtomic: true }

/** Only in place of the file that was edited. */
function inPlaceOf(etag: string): OpenForWriting {
  return {
    existing: 'replace',
    missing: 'fail',
    isAtomic: true,
    checkReplaced: (replaced) => {
      if (!replaced || etagOf(replaced) !== etag)
        throw new FileServerError('busy', 'The file has changed since it was opened')
    },
  }
}
