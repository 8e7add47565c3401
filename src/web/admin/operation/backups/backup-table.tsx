import type { BackupFileResource } from '../../../../contract/backup.ts'
import { Button } from '../../../shared/components/button.tsx'
import { Badge } from '../../../shared/components/states.tsx'
import { formatBytes, formatTime } from '../../../shared/format.ts'
import { t } from '../../../shared/i18n.ts'

export interface BackupTableProps {
  readonly backups: readonly BackupFileResource[]
  readonly onDownload: (backup: BackupFileResource) => void
  readonly onRestore: (backup: BackupFileResource) => void
  readonly onDelete: (backup: BackupFileResource) => void
}

/** Backups, the newest first. */
export function BackupTable({ backups, onDownload, onRestore, onDelete }: BackupTableProps) {
  return (
    <div className="table-wrap">
      <table className="table cards-on-phone">
        <thead>
          <tr>
            <th scope="col">{t('backups.name')}</th>
            <th scope="col">{t('backups.made')}</th>
            <th scope="col">{t('backups.size')}</th>
            <th scope="col">{t('backups.kind')}</th>
            <th scope="col">
              <span className="hidden">{t('backups.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {backups.map((backup) => (
            <tr key={backup.name}>
              <th scope="row">
                <span className="name">{backup.name}</span>
              </th>
              <td data-label={t('backups.made')}>{formatTime(backup.created_at)}</td>
              <td data-label={t('backups.size')} className="number">
                {formatBytes(backup.size)}
              </td>
              <td>
                <span className="backups-badges">
                  <Badge kind="neutral">
                    {backup.is_scheduled ? t('backups.scheduled') : t('backups.byHand')}
                  </Badge>
                  <Badge kind={backup.is_encrypted ? 'good' : 'warning'}>
                    {backup.is_encrypted ? t('backups.encrypted') : t('backups.readable')}
                  </Badge>
                </span>
              </td>
              <td className="backups-buttons">
                <Button
                  kind="quiet"
                  icon="download"
                  label={t('backups.downloadOf', { name: backup.name })}
                  onClick={() => onDownload(backup)}
                />
                <Button
                  kind="quiet"
                  icon="refresh"
                  label={t('backups.restoreOf', { name: backup.name })}
                  onClick={() => onRestore(backup)}
                />
                <Button
                  kind="quiet"
                  icon="delete"
                  label={t('backups.deleteOf', { name: backup.name })}
                  onClick={() => onDelete(backup)}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
