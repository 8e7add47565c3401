/** Reads a value out of unknown JSON or text; undefined when it is not one. */
export type Reader<T> = (value: unknown) => T | undefined

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
