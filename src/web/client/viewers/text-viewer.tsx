import { useMemo, useState } from 'react'
import type { FileEntry } from '../../../contract/file.ts'
import { Button } from '../../shared/components/button.tsx'
import { Banner, Failed } from '../../shared/components/states.tsx'
import { formatBytes } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { readPreference, writePreference } from '../../shared/preferences.ts'
import { maxTextBytes, TextEditor } from './text-editor.tsx'
import { blocksOf, decodeText, isEditable, looksBinary } from './text-bytes.ts'
import { ReadProgress } from './read-progress.tsx'
import { useFileBytes } from './use-file-bytes.ts'
import type { KindViewerProps } from './viewer.tsx'

const stepBytes = 1024 * 1024

/** The beginning of a text, and more of it where that is wanted. */
export function TextViewer(props: KindViewerProps) {
  const { path, entry, mayEdit, onChanged } = props
  const [isEdited, setEdited] = useState(false)
  const [shown, setShown] = useState<FileEntry>(entry)
  if (isEdited)
    return (
      <TextEditor
        path={path}
        onSaved={(saved) => {
          setShown(saved)
          onChanged()
        }}
        onClose={() => setEdited(false)}
      />
    )
  const onEdit = mayEdit && shown.size <= maxTextBytes ? () => setEdited(true) : undefined
  return <PlainText key={shown.modified} path={path} entry={shown} onEdit={onEdit} />
}

interface PlainTextProps {
  readonly path: string
  readonly entry: FileEntry
  readonly onEdit: (() => void) | undefined
}

function PlainText({ path, entry, onEdit }: PlainTextProps) {
  const [limit, setLimit] = useState(stepBytes)
  const [isWrapped, setWrapped] = useState(readPreference('wrap') !== 'no')
  const { bytes, error, received, reload } = useFileBytes(path, Math.min(limit, entry.size))
  const isPart = bytes !== undefined && bytes.length < entry.size
  const text = useMemo(() => (bytes ? decodeText(bytes, { isPart }) : undefined), [bytes])
  const blocks = useMemo(() => blocksOf(text?.text ?? ''), [text])
  const wrap = (isWanted: boolean) => {
    setWrapped(isWanted)
    writePreference('wrap', isWanted ? 'yes' : 'no')
  }
  if (error !== undefined) return <Failed error={error} onRetry={reload} />
  if (!bytes || !text) return <ReadProgress received={received} size={Math.min(limit, entry.size)} />
  const isWhole = onEdit !== undefined && !isPart
  const isBinary = looksBinary(bytes)
  const canEdit = isWhole && isEditable(text)
  return (
    <div className="viewer-fill">
      <div className="viewer-tools">
        <Button isPressed={isWrapped} onClick={() => wrap(!isWrapped)}>
          {t('viewer.text.wrap')}
        </Button>
        {canEdit ? (
          <Button icon="edit" onClick={onEdit}>
            {t('viewer.text.edit')}
          </Button>
        ) : null}
        {isWhole && !canEdit && !isBinary ? (
          <span className="soft">
            {text.isExact ? t('viewer.text.lineEnds') : t('viewer.text.otherEncoding')}
          </span>
        ) : null}
      </div>
      {isBinary ? <Banner kind="info">{t('viewer.text.binary')}</Banner> : null}
      <div
        className={isWrapped ? 'viewer-text viewer-text-wrap' : 'viewer-text'}
        tabIndex={0}
        role="group"
        aria-label={t('viewer.text')}
      >
        {blocks.length === 0 ? <p className="soft">{t('viewer.text.empty')}</p> : null}
        {blocks.map((block, at) => (
          <pre key={at}>{block}</pre>
        ))}
        {isPart ? (
          <div className="viewer-more">
            <p className="soft">
              {t('viewer.text.part', { shown: formatBytes(bytes.length), size: formatBytes(entry.size) })}
            </p>
            <Button onClick={() => setLimit(limit + stepBytes)}>{t('viewer.text.more')}</Button>
          </div>
        ) : null}
      </div>
    </div>
  )
}
