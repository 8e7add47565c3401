import { currentLocale, formatNumber } from './i18n.ts'

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** 1536 → '1.5 KiB'. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const amount = bytes / 1024 ** power
  const maximumFractionDigits = power === 0 || amount >= 100 ? 0 : 1
  return `${formatNumber(amount, { maximumFractionDigits })} ${units[power] ?? 'B'}`
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

/** Formatters cost far more to make than to use; the language changes with a reload alone. */
const dateFormats = new Map<string, Intl.DateTimeFormat>()

/** False for what no formatter takes: it would throw, and the page with it. */
export function isShowable(at: number): boolean {
  return Number.isFinite(new Date(at).getTime())
}

/** '–' for 0, which means never, and for what is no time. */
function formatDateTime(at: number, timeStyle: 'short' | 'medium' | undefined): string {
  if (at === 0 || !isShowable(at)) return '–'
  const known = dateFormats.get(timeStyle ?? '')
  if (known) return known.format(at)
  const made = new Intl.DateTimeFormat(currentLocale(), {
    dateStyle: 'medium',
    ...(timeStyle === undefined ? {} : { timeStyle }),
  })
  dateFormats.set(timeStyle ?? '', made)
  return made.format(at)
}

/** Milliseconds since the epoch → date and time in the reader's zone. */
export function formatTime(at: number, style: 'short' | 'medium' = 'medium'): string {
  return formatDateTime(at, style)
}

export function formatDate(at: number): string {
  return formatDateTime(at, undefined)
}

/** 93_000 → '1:33'; hours are shown where there are any. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  const two = (value: number) => String(value).padStart(2, '0')
  const end = `${hours > 0 ? two(minutes) : minutes}:${two(seconds % 60)}`
  return hours > 0 ? `${hours}:${end}` : end
}

export function formatPercent(part: number, whole: number): string {
  const share = whole === 0 ? 0 : Math.min(1, part / whole)
  return formatNumber(share, { style: 'percent', maximumFractionDigits: 0 })
}
