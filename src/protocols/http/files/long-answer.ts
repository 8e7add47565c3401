import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { HttpApp } from '../http-app.ts'

/** One byte more than the platform lets through, which takes answers whole. */
const length = 8 * 1024 * 1024 + 1
const piece = Buffer.alloc(64 * 1024)

/** By this a page finds out whether long answers get to it: nobody's file is read, and nothing is told as a download. */
export function serveLongAnswer(app: HttpApp): void {
  app.get(
    '/user/long-answer',
    {
      config: { access: 'user' },
      exposeHeadRoute: false,
      schema: {
        tags: ['files'],
        operationId: 'get_long_answer',
        summary: 'Get more than 8 MiB of zeros: whether answers of that length get through',
        produces: ['application/octet-stream'],
        response: { 200: Type.Unsafe<Readable>(Type.String({ format: 'binary' })) },
      },
    },
    (_request, reply) => {
      void reply.type('application/octet-stream').header('Content-Length', length)
      return Readable.from(zeros(), { objectMode: false })
    },
  )
}

function* zeros(): Generator<Buffer> {
  for (let left = length; left > 0; left -= piece.length) yield piece.subarray(0, left)
}
