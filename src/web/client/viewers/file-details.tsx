import type { FileEntry } from '../../../contract/file.ts'
import { Button } from '../../shared/components/button.tsx'
import { formatBytes, formatTime } from '../../shared/format.ts'
import { formatNumber, t } from '../../shared/i18n.ts'
import type { MessageKey } from '../../messages/message-key.ts'
import type { FileKind } from '../listing/file-kind.ts'
import { shownName } from '../listing/shown-name.ts'

/** Larger ones are no texts that somebody reads. */
const maxTextSize = 64 * 1024 * 1024

const types: Readonly<Record<FileEntry['type'], MessageKey>> = {
  file: 'viewer.type.file',
  directory: 'viewer.type.directory',
  symlink: 'viewer.type.symlink',
  other: 'viewer.type.other',
}

export interface FileDetailsProps {
  readonly path: string
  readonly entry: FileEntry
  readonly canBeText: boolean
  readonly onShowAs: (kind: FileKind) => void
}

/** What is known of a file that cannot be shown. */
export function FileDetails({ path, entry, canBeText, onShowAs }: FileDetailsProps) {
  const ending = /\.([^.]{1,12})$/.exec(entry.name)?.[1]
  return (
    <>
      <dl className="viewer-details">
        <dt>{t('viewer.path')}</dt>
        <dd>
          <span className="name">{shownName(path)}</span>
        </dd>
        <dt>{t('viewer.type')}</dt>
        <dd>
          {t(types[entry.type])}
          {ending === undefined ? null : <span className="name">{` (${shownName(ending)})`}</span>}
        </dd>
        <dt>{t('files.column.size')}</dt>
        <dd>
          {formatBytes(entry.size)}
          {entry.size >= 1024 ? ` (${formatNumber(entry.size)} B)` : ''}
        </dd>
        <dt>{t('files.column.modified')}</dt>
        <dd>{formatTime(entry.modified)}</dd>
      </dl>
      {canBeText && entry.size <= maxTextSize ? (
        <div>
          <Button icon="eye" onClick={() => onShowAs('text')}>
            {t('viewer.asText')}
          </Button>
        </div>
      ) : null}
    </>
  )
}
