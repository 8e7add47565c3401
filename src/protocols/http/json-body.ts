import type { HttpApp } from './http-app.ts'

/** Deeper than any body of the API goes; what lies below is left for the schema to ignore. */
const maxDepth = 8

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
    dropNulls(request.body, maxDepth)
  })
}

class UnsupportedMediaType extends Error {
  readonly statusCode = 415
}

function dropNulls(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null || depth === 0) return
  for (const [key, child] of Object.entries(value)) {
    if (child !== null) dropNulls(child, depth - 1)
    else if (!Array.isArray(value)) Reflect.deleteProperty(value, key)
  }
}
