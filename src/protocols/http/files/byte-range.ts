/** Bytes `start` up to but not including `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * The one range that a Range header asks for (RFC 9110 §14.2): undefined where the whole file is the answer, also for
 * several ranges and for units or forms that are not understood; 'none' where nothing of it is in the file.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | 'none' | undefined {
  const match = /^bytes=\s*(\d{0,16})-(\d{0,16})\s*$/i.exec(header ?? '')
  if (!match) return undefined
  const [, first = '', last = ''] = match
  if (first === '') return last === '' ? undefined : suffix(Number(last), size)
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) return 'none'
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) }
}

function suffix(length: number, size: number): ByteRange | 'none' {
  return length === 0 || size === 0 ? 'none' : { start: Math.max(0, size - length), end: size }
}
