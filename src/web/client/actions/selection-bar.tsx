import type { DirectoryRights } from '../../../contract/file.ts'
import { Button } from '../../shared/components/button.tsx'
import { formatBytes } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { refusalOf, type EntryAction, type EntrySummary } from '../listing/entry-actions.ts'
import { ActionButton } from './action-button.tsx'

export interface SelectionBarProps {
  readonly summary: EntrySummary
  readonly rights: DirectoryRights | undefined
  readonly onAction: (action: EntryAction) => void
  readonly onClear: () => void
}

const actions = [
  { action: 'download', icon: 'download', label: 'files.download' },
  { action: 'move', icon: 'move', label: 'files.move' },
  { action: 'copy', icon: 'copy', label: 'files.copy' },
  { action: 'rename', icon: 'rename', label: 'files.rename' },
  { action: 'delete', icon: 'delete', label: 'files.delete' },
] as const

/** What can be done with what is chosen. */
export function SelectionBar({ summary, rights, onAction, onClear }: SelectionBarProps) {
  const { count, directories, bytes } = summary
  const isArchive = count > 1 || directories > 0
  return (
    <div className="files-selection" role="group" aria-label={t('files.selection')}>
      <span className="files-count" role="status">
        {t('files.selected', { n: count })}
        {bytes > 0 ? ` · ${formatBytes(bytes)}` : ''}
      </span>
      {actions.map(({ action, icon, label }) => (
        <ActionButton
          key={action}
          icon={icon}
          refusal={refusalOf(action, summary, rights)}
          onClick={() => onAction(action)}
        >
          {action === 'download' && isArchive ? t('files.downloadZip') : t(label)}
        </ActionButton>
      ))}
      <Button kind="quiet" icon="close" label={t('files.clearSelection')} onClick={onClear} />
    </div>
  )
}
