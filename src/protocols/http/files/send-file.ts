import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FileServerError } from '../../../core/errors.ts'
import { pumpDownload } from '../../../core/files/pump-download.ts'
import type { Entry } from '../../../core/files/storage.ts'
import { nameOf } from '../../../core/files/virtual-path.ts'
import { rangeOf, type ByteRange } from './byte-range.ts'
import { setDownloadHeaders } from './download-headers.ts'
import { etagOf } from './file-entry.ts'
import type { AnswerSource } from './piece-downloads.ts'
import { isAsExpected } from './preconditions.ts'
import { ResponseSink } from './response-sink.ts'

/** Answers with a file, or the part of it that is asked for. */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  source: AnswerSource,
): Promise<FastifyReply> {
  const { entry, path } = source.download
  try {
    const range = setFileHeaders(request, reply, entry, nameOf(path))
    if (range === 'none' || request.method === 'HEAD') {
      await source.close()
      return reply.send()
    }
    await sendBytes(reply, source, range)
    return reply
  } catch (error) {
    await source.fail(error)
    throw error
  }
}

/**
 * Answers with a part of a file, and tells `source` how the answer ended. Past fastify, whose streams want new memory
 * for every piece. Never throws: the answer has begun.
 */
export async function sendBytes(reply: FastifyReply, source: AnswerSource, range: ByteRange): Promise<void> {
  const { raw: response } = reply
  reply.hijack()
  endWithResponse(source, range, response)
  try {
    response.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders)
    const reached = await pumpDownload(source.download, range, new ResponseSink(response))
    if (reached < range.end) throw new FileServerError('aborted', 'The file has become shorter')
    response.end()
  } catch (error) {
    await source.fail(error).catch(() => undefined)
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
  if (!isAsExpected(request.headers, { etag, modifiedAt: entry.modifiedAt })) {
    void reply.code(412).header('ETag', etag).header('Content-Length', 0)
    return 'none'
  }
  const range = mayBePart(request, etag) ? rangeOf(request.headers.range, size) : undefined
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
 * Range is for GET alone (RFC 9110 §14.2). A part of a file that has changed would make one file of two (§13.1.5). A time is
 * no strong validator here, for a file can change twice in a second: it never is the same.
 */
function mayBePart({ method, headers }: FastifyRequest, etag: string): boolean {
  const condition = headers['if-range']
  return method === 'GET' && (condition === undefined || condition === etag)
}

/** The client has the part when all of the answer has left. */
function endWithResponse(source: AnswerSource, range: ByteRange, response: ServerResponse): void {
  const end = () => {
    const ending = response.writableFinished
      ? source.close(range)
      : source.fail(new FileServerError('aborted', 'The client went away'))
    // The end of a file that was only read changes nothing for anybody.
    ending.catch(() => undefined)
  }
  if (response.closed) end()
  else response.once('close', end)
}
