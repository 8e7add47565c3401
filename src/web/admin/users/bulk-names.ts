export const maxBulkNames = 1000

/** One name a line, each once, in the order in which they are first there. */
export function listedNames(text: string): readonly string[] {
  const names = text.split(/\r?\n/).map((line) => line.trim().normalize('NFC'))
  return [...new Set(names.filter((name) => name !== ''))]
}

/** Columns of a table, or its quotation marks: taken for a name, they would make a user that nobody finds. */
export function isOfTable(line: string): boolean {
  return /[,;\t"]/.test(line)
}

/** 'sensor-' and 12 from 1 → sensor-01 … sensor-12: as many digits as the last one needs. */
export function numberedNames(prefix: string, count: number, first = 1): readonly string[] {
  const digits = String(first + count - 1).length
  return Array.from({ length: count }, (_, at) => `${prefix}${String(first + at).padStart(digits, '0')}`)
}
