import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FileServerError } from '../../../core/errors.ts'
import type { Download } from '../../../core/files/download.ts'
import { pumpDownload } from '../../../core/files/pump-download.ts'
import type { Entry } from '../../../core/files/storage.ts'
import type { UserFilesystem } from '../../../core/files/user-filesystem.ts'
import { nameOf, type VirtualPath } from '../../../core/files/virtual-path.ts'
import { rangeOf, type ByteRange } from './byte-range.ts'
import { setDownloadHeaders } from './download-headers.ts'
import { etagOf } from './file-entry.ts'
import { ResponseSink } from './response-sink.ts'

/** Answers with a file, or the part of it that is asked for. */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  files: UserFilesystem,
  path: VirtualPath,
): Promise<FastifyReply> {
  const isHead = request.method === 'HEAD'
  const download = await files.openDownload(path, { isReported: !isHead })
  try {
    const range = setFileHeaders(request, reply, download.entry, nameOf(path))
    if (range === 'none' || isHead) {
      await download.close()
      return reply.send()
    }
    await sendBytes(reply, download, range)
    return reply
  } catch (error) {
    await download.fail(error)
    throw error
  }
}

/**
 * Answers with a part of a file and ends the download with the answer. Past fastify, whose streams want new memory
 * for every piece. Never throws: the answer has begun.
 */
export async function sendBytes(reply: FastifyReply, download: Download, range: ByteRange): Promise<void> {
  const { raw: response } = reply
  reply.hijack()
  endWithResponse(download, response)
  try {
    response.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders)
    const reached = await pumpDownload(download, range, new ResponseSink(response))
    if (reached < range.end) throw new Error('the file has become shorter')
    response.end()
  } catch {
    // Broken off, so that the client cannot take what it has for the whole.
    response.destroy()
  }
}

function setFileHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  entry: Entry,
  name: string,
): ByteRange | 'none' {
  const { size } = entry
  const etag = etagOf(entry)
  const range = isStillSame(request, etag) ? rangeOf(request.headers.range, size) : undefined
  setDownloadHeaders(reply, name)
  void reply
    .header('Accept-Ranges', 'bytes')
    .header('ETag', etag)
    .header('Last-Modified', new Date(entry.modifiedAt).toUTCString())
  if (range === 'none') {
    void reply.code(416).header('Content-Range', `bytes */${size}`).header('Content-Length', 0)
    return range
  }
  const { start, end } = range ?? { start: 0, end: size }
  if (range) void reply.code(206).header('Content-Range', `bytes ${start}-${end - 1}/${size}`)
  void reply.header('Content-Length', end - start)
  return { start, end }
}

/**
 * A part of a file that has changed would make one file of two (RFC 9110 §13.1.5). A time is no strong validator
 * here, for a file can change twice in a second: it never is the same.
 */
function isStillSame({ headers }: FastifyRequest, etag: string): boolean {
  const condition = headers['if-range']
  return condition === undefined || condition === etag
}

/** The client has the file when all of the answer has left; otherwise the download failed. */
function endWithResponse(download: Download, response: ServerResponse): void {
  const end = () => {
    const ending = response.writableFinished
      ? download.close()
      : download.fail(new FileServerError('aborted', 'The client went away'))
    // The end of a file that was only read changes nothing for anybody.
    ending.catch(() => undefined)
  }
  if (response.closed) end()
  else response.once('close', end)
}
