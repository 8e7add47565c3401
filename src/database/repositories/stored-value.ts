import { FileServerError } from '../../core/errors.ts'

/** Reads a value out of unknown JSON or text; undefined when it is not one. */
export type Reader<T> = (value: unknown) => T | undefined

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
  return new FileServerError('storage-failure', 'A stored account is damaged and was not used', {
    cause: new Error(`${where} cannot be read`, { cause }),
  })
}

export const text: Reader<string> = (value) => (typeof value === 'string' ? value : undefined)

export function oneOf<const T extends string>(...values: readonly T[]): Reader<T> {
  return (value) => values.find((candidate) => candidate === value)
}

export function listOf<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return undefined
    const items = value.map(read).filter((item) => item !== undefined)
    return items.length === value.length ? items : undefined
  }
}

export function mapOf<T>(read: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (value) => {
    if (!isObject(value)) return undefined
    const entries: [string, T][] = []
    for (const [key, item] of Object.entries(value)) {
      const result = read(item)
      if (result === undefined) return undefined
      entries.push([key, result])
    }
    return Object.fromEntries(entries)
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
