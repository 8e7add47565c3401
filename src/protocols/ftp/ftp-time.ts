const timePattern = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{1,9}))?$/

const dayMs = 24 * 3600 * 1000
const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

/** A day in UTC as text: the entries of a directory share few of them, and a `Date` is dear by the thousand. */
class DayText {
  readonly #format: (date: Date) => string
  #day = NaN
  #text = ''

  constructor(format: (date: Date) => string) {
    this.#format = format
  }

  /** @throws RangeError for what is no time */
  of(ms: number): string {
    const day = Math.floor(ms / dayMs)
    if (day !== this.#day) {
      this.#text = this.#format(new Date(ms))
      this.#day = day
    }
    return this.#text
  }
}

const factDay = new DayText((date) => date.toISOString().slice(0, 10).replaceAll('-', ''))

/** YYYYMMDDHHMMSS in UTC (RFC 3659 §2.3). Fractions are left out: many clients cannot read them. */
export function formatTime(ms: number): string {
  const second = secondOfDay(ms)
  return `${factDay.of(ms)}${hourOf(second)}${minuteOf(second)}${twoDigits[second % 60]}`
}

function secondOfDay(ms: number): number {
  const seconds = Math.floor(ms / 1000)
  return seconds - Math.floor(ms / dayMs) * 86_400
}

function hourOf(secondOfDay: number): string {
  return twoDigits[Math.floor(secondOfDay / 3600)] ?? ''
}

function minuteOf(secondOfDay: number): string {
  return twoDigits[Math.floor(secondOfDay / 60) % 60] ?? ''
}

/** Milliseconds since the epoch, or undefined for what is no time; a leap second is the one before it. */
export function parseTime(text: string): number | undefined {
  const match = timePattern.exec(text)
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const fraction = Math.trunc(Number(`0.${match[7] ?? '0'}`) * 1000)
  if (hour > 23 || minute > 59 || second > 60) return undefined
  const ms = Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59), fraction)
  const date = new Date(ms)
  if (year < 100 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  return ms
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const recentMs = 180 * 24 * 3600 * 1000

const listDay = new DayText(
  (date) => `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`,
)
const listYear = new DayText((date) => String(date.getUTCFullYear()))

/** As `ls -l` shows it, in UTC: with the time of day for the last half year, with the year before and after. */
export function formatListTime(ms: number, now: number): string {
  const isRecent = ms > now - recentMs && ms <= now + dayMs
  if (!isRecent) return `${listDay.of(ms)}  ${listYear.of(ms)}`
  const second = secondOfDay(ms)
  return `${listDay.of(ms)} ${hourOf(second)}:${minuteOf(second)}`
}
