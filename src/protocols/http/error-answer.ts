import type { FastifyError, FastifySchemaValidationError } from 'fastify'
import type { ApiError, RefusalReasonName } from '../../contract/api-answer.ts'
import { FileServerError } from '../../core/errors.ts'
import { httpStatus } from './http-status.ts'

export interface ErrorAnswer {
  readonly status: number
  readonly body: ApiError
  /** Seconds until it makes sense to ask again. */
  readonly retryAfter?: number
}

const retryAfterSeconds = 60

/** fastify's own refusals, in our words: its messages repeat what the client sent. */
const refusals: Readonly<Record<number, ApiError>> = {
  400: { message: 'The request is not valid', error: 'invalid-request' },
  404: { message: 'There is nothing here', error: 'not-found' },
  405: { message: 'This method is not served', error: 'method-not-allowed' },
  408: { message: 'The request took too long', error: 'timeout' },
  413: { message: 'The body is too large', error: 'body-too-large' },
  414: { message: 'The address is too long', error: 'address-too-long' },
  415: { message: 'The body must be application/json', error: 'unsupported-media-type' },
  503: { message: 'The server is stopping', error: 'unavailable' },
}

const failure: ApiError = { message: 'The request failed on the server', error: 'storage-failure' }

/** What a client is told of anything thrown. What nobody foresaw becomes a 500 that says nothing. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof FileServerError) return ofFileServerError(error)
  if (isValidationError(error)) return { status: 400, body: ofValidation(error) }
  if (isBrokenJson(error))
    return { status: 400, body: { message: 'The body is not valid JSON', error: 'invalid-json' } }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  const body = refusals[status]
  return body ? { status, body } : { status: 500, body: failure }
}

export const notFoundAnswer: ErrorAnswer = { status: 404, body: refusals[404] ?? failure }
/** Goes with the header Allow (RFC 9110 §15.5.6). */
export const wrongMethodAnswer: ErrorAnswer = { status: 405, body: refusals[405] ?? failure }

function ofFileServerError({ code, message, field, reason }: FileServerError): ErrorAnswer {
  const status = httpStatus[code]
  const body = { message, error: code, ...(field && { field }), ...(reason && { reason }) }
  return status === 429 ? { status, body, retryAfter: retryAfterSeconds } : { status, body }
}

/** What a schema may refuse for that people type. */
const schemaReasons: Readonly<Record<string, RefusalReasonName>> = {
  required: 'is-missing',
  maxLength: 'is-too-long',
}

type ValidationError = FastifyError & { validation: FastifySchemaValidationError[] }

function isValidationError(error: unknown): error is ValidationError {
  return error instanceof Error && 'validation' in error && Array.isArray(error.validation)
}

/** Also for '__proto__' in a body, which is refused while it is read. */
function isBrokenJson(error: unknown): boolean {
  if (error instanceof SyntaxError) return true
  return error instanceof Error && 'code' in error && /^FST_ERR_CTP_\w*JSON_BODY$/.test(String(error.code))
}

function ofValidation({ validation, validationContext }: ValidationError): ApiError {
  const first = validation[0]
  const field = first ? fieldOf(first) : ''
  const where = field === '' ? (validationContext ?? 'request') : field
  const what = first?.keyword === 'required' ? 'is missing' : (first?.message ?? 'is not valid')
  const reason = schemaReasons[first?.keyword ?? '']
  const body = { message: `${where}: ${what}`, error: 'invalid-argument', ...(reason && { reason }) }
  return field === '' ? body : { ...body, field }
}

/** '/filters/file_patterns/0/path' → 'filters.file_patterns'; what the client chose to call things is left out. */
function fieldOf({ instancePath, params }: FastifySchemaValidationError): string {
  const names = instancePath.split('/').slice(1)
  const end = names.findIndex((name) => !/^[a-z][a-z_]{0,63}$/.test(name))
  const known = end === -1 ? names : names.slice(0, end)
  const missing = params['requiredProperties']
  const isWhole = end === -1
  if (isWhole && Array.isArray(missing) && typeof missing[0] === 'string') known.push(missing[0])
  return known.join('.')
}
