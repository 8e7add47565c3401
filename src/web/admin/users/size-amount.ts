export const sizeUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
export type SizeUnit = (typeof sizeUnits)[number]

/** A size as people type it; '' stands for no limit. */
export interface SizeAmount {
  readonly amount: string
  readonly unit: SizeUnit
}

export const noSize: SizeAmount = { amount: '', unit: 'GiB' }

/** The largest unit in which the size needs no fraction; 0 is no limit. */
export function sizeAmount(bytes: number): SizeAmount {
  if (bytes <= 0) return noSize
  const unit = sizeUnits.findLastIndex((_, power) => bytes % 1024 ** power === 0)
  return { amount: String(bytes / 1024 ** unit), unit: sizeUnits[unit] ?? 'B' }
}

/** Bytes; 0 for no limit, undefined for what is no size. */
export function bytesOf({ amount, unit }: SizeAmount): number | undefined {
  if (amount.trim() === '') return 0
  const bytes = Math.round(Number(amount) * 1024 ** sizeUnits.indexOf(unit))
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined
}

/** A whole number from 0, 0 for ''; undefined for anything else. */
export function wholeNumber(text: string, max = Number.MAX_SAFE_INTEGER): number | undefined {
  const value = Number(text.trim())
  return Number.isSafeInteger(value) && value >= 0 && value <= max ? value : undefined
}

/** '' for 0, which means no limit. */
export function limitText(value: number): string {
  return value <= 0 ? '' : String(value)
}
