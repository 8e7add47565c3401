import { FileServerError } from '../../core/errors.ts'
import type { Reader } from '../../core/value-readers.ts'

/**
 * What the database holds is read as strictly as what comes from outside: a permission map that cannot be read must
 * end the request, not become an empty one.
 *
 * @throws FileServerError 'storage-failure'; its cause names the row and the column
 */
export function readJson<T>(text: string, read: Reader<T>, where: string): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw damaged(where, cause)
  }
  return readValue(value, read, where)
}

/** @throws FileServerError 'storage-failure' */
export function readValue<T>(value: unknown, read: Reader<T>, where: string): T {
  const result = read(value)
  if (result === undefined) throw damaged(where)
  return result
}

function damaged(where: string, cause?: unknown): FileServerError {
  return new FileServerError('storage-failure', 'A stored record is damaged and was not used', {
    cause: new Error(`${where} cannot be read`, { cause }),
  })
}
