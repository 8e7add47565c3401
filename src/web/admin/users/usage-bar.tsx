import { Progress } from '../../shared/components/progress.tsx'
import { formatBytes } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'

export interface UsageBarProps {
  readonly usedBytes: number
  /** 0: no limit. */
  readonly maxBytes: number
  readonly usedFiles: number
  readonly maxFiles: number
}

/** What is used, as a bar where there is a limit; of the two limits the nearer one is shown. */
export function UsageBar({ usedBytes, maxBytes, usedFiles, maxFiles }: UsageBarProps) {
  const isFilesNearer = maxFiles > 0 && usedFiles / maxFiles > (maxBytes > 0 ? usedBytes / maxBytes : 0)
  const [used, max] = isFilesNearer ? [usedFiles, maxFiles] : [usedBytes, maxBytes]
  const bytes =
    maxBytes > 0
      ? t('users.usage.of', { used: formatBytes(usedBytes), max: formatBytes(maxBytes) })
      : formatBytes(usedBytes)
  const files = t('users.usage.files', { n: usedFiles })
  return (
    <div className="users-usage">
      <span className="number">{isFilesNearer ? `${bytes} · ${files}` : bytes}</span>
      {max === 0 ? (
        <span className="soft">{t('users.usage.unlimited')}</span>
      ) : (
        <Progress label={t('users.usage.label')} value={used} max={max} isUsage />
      )}
    </div>
  )
}
