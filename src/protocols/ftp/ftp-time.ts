const timePattern = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{1,9}))?$/

/** YYYYMMDDHHMMSS in UTC (RFC 3659 §2.3). Fractions are left out: many clients cannot read them. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')
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

/** As `ls -l` shows it, in UTC: with the time of day for the last half year, with the year before and after. */
export function formatListTime(ms: number, now: number): string {
  const date = new Date(ms)
  const day = `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`
  const isRecent = ms > now - recentMs && ms <= now + 24 * 3600 * 1000
  return isRecent ? `${day} ${date.toISOString().slice(11, 16)}` : `${day}  ${date.getUTCFullYear()}`
}
