import { formatBytes, formatPercent } from '../../../shared/format.ts'
import { t } from '../../../shared/i18n.ts'
import type { Finding } from './finding.ts'

const lowBytes = 1024 ** 3
const lowShare = 0.1

export interface Space {
  readonly subject: string
  readonly isWritable: boolean
  readonly freeBytes: number
  /** 0 when it is not known. */
  readonly totalBytes: number
  /** Uploads stop below this; 0 = never. */
  readonly minFreeBytes: number
  readonly error: string
}

/** Whether a directory can be written and how much fits; `advice` is for one that cannot be used. */
export function spaceFinding(space: Space, advice: string): Finding {
  const { subject, isWritable, freeBytes, totalBytes, minFreeBytes, error } = space
  if (!isWritable && totalBytes === 0)
    return { ...{ level: 'warning', subject, advice, detail: error }, state: t('health.space.missing') }
  if (error !== '' || !isWritable)
    return {
      ...{ level: 'bad', subject, advice },
      state: isWritable ? t('health.space.broken') : t('health.space.readOnly'),
      ...(error === '' ? {} : { detail: error }),
    }
  if (totalBytes === 0) return { level: 'good', subject, state: t('health.space.writable') }
  const values = { free: formatBytes(freeBytes), share: formatPercent(freeBytes, totalBytes) }
  const isFull = freeBytes === 0 || freeBytes < minFreeBytes
  if (isFull)
    return {
      level: 'bad',
      subject,
      state: t('health.space.full', values),
      advice: t('health.space.fullAdvice'),
    }
  if (freeBytes < lowBytes || freeBytes < totalBytes * lowShare)
    return {
      level: 'warning',
      subject,
      state: t('health.space.low', values),
      advice: t('health.space.lowAdvice'),
    }
  return { level: 'good', subject, state: t('health.space.good', values) }
}
