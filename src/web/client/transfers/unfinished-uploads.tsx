import { useEffect, useRef, useState } from 'react'
import type { UnfinishedUpload } from '../../../contract/file.ts'
import { Button } from '../../shared/components/button.tsx'
import { Dialog } from '../../shared/components/dialog.tsx'
import { Progress } from '../../shared/components/progress.tsx'
import { Banner } from '../../shared/components/states.tsx'
import { formatBytes, formatTime } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { tellFailure } from '../../shared/notices.tsx'
import { useLoaded } from '../../shared/use-loaded.ts'
import { nameOf, parentOf } from '../listing/paths.ts'
import { shownName } from '../listing/shown-name.ts'
import { pickedFromInput } from './picked-files.ts'
import { transfers } from './transfers.ts'
import { discardUpload, listUnfinished } from './uploads-api.ts'
import { useTransfers } from './use-transfers.ts'

/** Uploads that began before this page: a browser has to be given the file again to go on with them. */
export function UnfinishedUploads() {
  const { uploads } = useTransfers()
  const [isShown, setShown] = useState(false)
  const { value = [], reload } = useLoaded(listUnfinished, [])
  const { isActive } = uploads
  useEffect(() => {
    if (!isActive) reload()
  }, [isActive])
  const own = new Set(
    uploads.items.filter(({ state }) => state !== 'cancelled').map(({ uploadId }) => uploadId),
  )
  const others = value.filter(({ id }) => !own.has(id))
  if (others.length === 0) return null
  return (
    <Banner kind="info">
      <div className="transfers-unfinished">
        <p>{t('transfers.unfinished', { n: others.length })}</p>
        <Button onClick={() => setShown(true)}>{t('transfers.unfinishedShow')}</Button>
      </div>
      {isShown ? (
        <UnfinishedDialog uploads={others} onClose={() => setShown(false)} onChanged={reload} />
      ) : null}
    </Banner>
  )
}

interface UnfinishedDialogProps {
  readonly uploads: readonly UnfinishedUpload[]
  readonly onClose: () => void
  readonly onChanged: () => void
}

function UnfinishedDialog({ uploads, onClose, onChanged }: UnfinishedDialogProps) {
  return (
    <Dialog title={t('transfers.unfinishedTitle')} size="large" onClose={onClose}>
      <p>{t('transfers.unfinishedLead')}</p>
      <ul className="transfers-jobs">
        {uploads.map((upload) => (
          <li key={upload.id}>
            <UnfinishedRow upload={upload} onChanged={onChanged} />
          </li>
        ))}
      </ul>
    </Dialog>
  )
}

function UnfinishedRow({
  upload,
  onChanged,
}: {
  readonly upload: UnfinishedUpload
  readonly onChanged: () => void
}) {
  const [isBusy, setBusy] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const name = shownName(nameOf(upload.path))
  const discard = async () => {
    setBusy(true)
    await discardUpload(upload.id).catch(tellFailure)
    setBusy(false)
    onChanged()
  }
  const goOn = async (files: FileList | null) => {
    if (!files) return
    await transfers.upload(pickedFromInput(files), parentOf(upload.path), false)
    onChanged()
  }
  return (
    <div className="transfers-job">
      <div className="transfers-what">
        <span className="name">{shownName(upload.path)}</span>
        <Progress label={t('transfers.progress', { name })} value={upload.offset} max={upload.size} />
        <span className="transfers-state">
          {formatBytes(upload.offset)} / {formatBytes(upload.size)} ·{' '}
          {t('transfers.unfinishedUntil', { time: formatTime(upload.expires_at, 'short') })}
        </span>
      </div>
      <input
        ref={input}
        type="file"
        className="hidden"
        tabIndex={-1}
        aria-label={t('transfers.unfinishedFile', { name })}
        onChange={(event) => void goOn(event.currentTarget.files)}
      />
      <Button onClick={() => input.current?.click()}>{t('transfers.unfinishedChoose')}</Button>
      <Button icon="delete" isBusy={isBusy} onClick={() => void discard()}>
        {t('transfers.unfinishedDiscard')}
      </Button>
    </div>
  )
}
