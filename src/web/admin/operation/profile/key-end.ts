const yearMs = 366 * 24 * 60 * 60_000

/** Milliseconds since the epoch → what a date field holds, in the reader's zone. */
export function toDay(at: number): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** The last millisecond of that day; 0 for a field that is empty. */
export function endOfDay(day: string): number {
  const at = /^\d{4}-\d\d-\d\d$/.test(day) ? new Date(`${day}T23:59:59.999`).getTime() : 0
  return Number.isNaN(at) || at < 0 ? 0 : at
}

/** A key lives a year at most. */
export function isKeyEnd(at: number, now: number): boolean {
  return at > now && at <= now + yearMs
}
