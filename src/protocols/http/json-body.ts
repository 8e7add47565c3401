import { FileServerError } from '../../core/errors.ts'
import type { HttpApp } from './http-app.ts'

/** Deeper than any body of the API goes; what lies below is left for the schema to ignore. */
const maxDepth = 8
/** Three times the longest list of the API. The schema looks at every value, and nobody else is served meanwhile. */
const maxValues = 30_000

/**
 * Bodies are JSON, or nothing at all whatever the content type says. A null stands for a field that was left out,
 * as clients written in Go send it.
 */
export function readJsonBodies(app: HttpApp): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, undefined)
    return parse(request, String(body), done)
  })
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null, undefined)
    return done(new UnsupportedMediaType('The body must be application/json'))
  })
  app.addHook('preValidation', async (request) => {
    dropNulls(request.body, { depth: maxDepth, room: { values: maxValues } })
  })
}

class UnsupportedMediaType extends Error {
  readonly statusCode = 415
}

interface Limits {
  readonly depth: number
  /** Shared by all levels. */
  readonly room: { values: number }
}

/** @throws FileServerError 'invalid-argument' when there is more in `value` than there is room for */
function dropNulls(value: unknown, { depth, room }: Limits): void {
  if (typeof value !== 'object' || value === null || depth === 0) return
  const keys = Array.isArray(value) ? undefined : Object.keys(value)
  room.values -= keys?.length ?? (value as unknown[]).length
  if (room.values < 0) throw new FileServerError('invalid-argument', 'The body holds too many values')
  const below = { depth: depth - 1, room }
  if (!keys) return (value as unknown[]).forEach((child) => dropNulls(child, below))
  for (const key of keys) {
    const child: unknown = Reflect.get(value, key)
    if (child === null) Reflect.deleteProperty(value, key)
    else dropNulls(child, below)
  }
}
