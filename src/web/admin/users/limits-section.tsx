import { Button } from '../../shared/components/button.tsx'
import { NumberField } from '../../shared/components/field.tsx'
import { formatBytes } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { useMay } from '../admin-session.ts'
import { EditorSection } from './editor-section.tsx'
import type { SectionProps } from './section-props.ts'
import { bytesOf } from './size-amount.ts'
import { SizeField } from './size-field.tsx'
import { UsageBar } from './usage-bar.tsx'
import type { QuotaScanState } from './use-quota-scan.ts'
import type { UserDraft } from './user-draft.ts'

export const limitsFields = [
  'quota_size',
  'quota_files',
  'filters.max_upload_file_size',
  'max_sessions',
  'upload_bandwidth',
  'download_bandwidth',
]

export interface LimitsSectionProps extends SectionProps {
  readonly scan: QuotaScanState
}

/** How much, how many, how fast. */
export function LimitsSection({ form, before, isWrong, scan }: LimitsSectionProps) {
  const { values, errors, set } = form
  const number = (name: string, label: string, value: string, key: keyof UserDraft, unit?: string) => (
    <NumberField
      label={label}
      name={name}
      min={0}
      value={value}
      error={errors[name]}
      {...(unit === undefined ? {} : { unit })}
      onChange={(typed) => set({ [key]: typed })}
    />
  )
  return (
    <EditorSection
      title={t('users.section.limits')}
      summary={summaryOf(values)}
      isOpen={false}
      isWrong={isWrong}
    >
      <p className="field-hint">{t('users.limitsHint')}</p>
      {before === undefined ? null : <Usage before={before} scan={scan} />}
      <div className="form-columns">
        <SizeField
          label={t('users.quotaSize')}
          name="quota_size"
          value={values.quotaSize}
          error={errors['quota_size']}
          onChange={(quotaSize) => set({ quotaSize })}
        />
        {number('quota_files', t('users.quotaFiles'), values.quotaFiles, 'quotaFiles')}
        <SizeField
          label={t('users.maxFileSize')}
          name="filters.max_upload_file_size"
          value={values.maxFileSize}
          error={errors['filters.max_upload_file_size']}
          onChange={(maxFileSize) => set({ maxFileSize })}
        />
        {number('max_sessions', t('users.maxSessions'), values.maxSessions, 'maxSessions')}
        {number(
          'upload_bandwidth',
          t('users.uploadRate'),
          values.uploadBandwidth,
          'uploadBandwidth',
          'KiB/s',
        )}
        {number(
          'download_bandwidth',
          t('users.downloadRate'),
          values.downloadBandwidth,
          'downloadBandwidth',
          'KiB/s',
        )}
      </div>
    </EditorSection>
  )
}

interface UsageProps {
  readonly before: NonNullable<SectionProps['before']>
  readonly scan: QuotaScanState
}

function Usage({ before, scan }: UsageProps) {
  const may = useMay()
  const isScanning = scan.running.has(before.username)
  return (
    <div className="editor-usage">
      <UsageBar
        usedBytes={before.used_quota_size}
        maxBytes={before.quota_size}
        usedFiles={before.used_quota_files}
        maxFiles={before.quota_files}
      />
      <span className="soft number">{t('users.usage.files', { n: before.used_quota_files })}</span>
      {may('quota_scans') ? (
        <Button icon="refresh" isBusy={isScanning} onClick={() => void scan.start(before.username)}>
          {isScanning ? t('users.scan.running') : t('users.scan.start')}
        </Button>
      ) : null}
    </div>
  )
}

function summaryOf({ quotaSize, quotaFiles, maxSessions }: UserDraft): string {
  const bytes = bytesOf(quotaSize) ?? 0
  const parts = [
    ...(bytes > 0 ? [formatBytes(bytes)] : []),
    ...(quotaFiles === '' ? [] : [t('users.usage.files', { n: Number(quotaFiles) })]),
    ...(maxSessions === '' ? [] : [t('users.sessions', { n: Number(maxSessions) })]),
  ]
  return parts.length === 0 ? t('users.noLimit') : parts.join(' · ')
}
