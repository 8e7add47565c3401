import type { ComponentType } from 'preact'
import { Suspense, useState } from 'react'
import type { FileEntry } from '../../../contract/file.ts'
import { Button } from '../../shared/components/button.tsx'
import { Dialog } from '../../shared/components/dialog.tsx'
import { Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { lazyPart } from '../../shared/lazy-part.tsx'
import { kindOf, type FileKind } from '../listing/file-kind.ts'
import { joinPath } from '../listing/paths.ts'
import { shownName } from '../listing/shown-name.ts'
import type { Listing } from '../listing/use-listing.ts'
import { transfers } from '../transfers/transfers.ts'
import { FileDetails } from './file-details.tsx'
import { neighboursOf } from './neighbours.ts'
import { useGoingBack } from './use-going-back.ts'
import { mayLeaveViewer } from './viewer-guard.ts'
import './viewers.css'

export interface ViewerProps {
  readonly listing: Listing
  readonly entry: FileEntry
  readonly onShow: (entry: FileEntry) => void
  readonly onClose: () => void
  /** Something was saved. */
  readonly onChanged: () => void
}

/** What every kind of viewer is told. */
export interface KindViewerProps {
  readonly path: string
  readonly entry: FileEntry
  readonly mayEdit: boolean
  readonly onClose: () => void
  readonly onChanged: () => void
  /** Shows the file as a text, or by its details. */
  readonly onShowAs: (kind: FileKind) => void
}

/** Each is loaded when a file of its kind is opened. */
const viewers: Readonly<Record<Exclude<FileKind, 'other'>, ComponentType<KindViewerProps>>> = {
  image: lazyPart(async () => (await import('./image-viewer.tsx')).ImageViewer),
  pdf: lazyPart(async () => (await import('./pdf-viewer.tsx')).PdfViewer),
  csv: lazyPart(async () => (await import('./csv-viewer.tsx')).CsvViewer),
  text: lazyPart(async () => (await import('./text-viewer.tsx')).TextViewer),
}

/** One file, made visible from its bytes; never as a page of its own. */
export function Viewer({ listing, entry, onShow, onClose, onChanged }: ViewerProps) {
  // Where it was opened: the page behind may go elsewhere.
  const [directory] = useState(listing.path)
  const [chosen, setChosen] = useState<{ readonly name: string; readonly kind: FileKind }>()
  useGoingBack(mayLeaveViewer, onClose)
  const path = joinPath(directory, entry.name)
  const mayRead = listing.rights?.download === true && entry.denied !== true && entry.type === 'file'
  const kind = chosen?.name === entry.name ? chosen.kind : mayRead ? kindOf(entry.name) : 'other'
  const { previous, next } = listing.path === directory ? neighboursOf(listing, entry) : {}
  const Shown = kind === 'other' ? undefined : viewers[kind]
  return (
    <Dialog
      title={shownName(entry.name)}
      size={kind === 'other' ? 'small' : 'full'}
      onClose={() => {
        if (mayLeaveViewer()) onClose()
      }}
      actions={
        <>
          {kind === 'image' ? (
            <>
              <Button
                kind="quiet"
                icon="back"
                label={t('viewer.previous')}
                isDisabled={!previous}
                onClick={() => previous && onShow(previous)}
              />
              <Button
                kind="quiet"
                icon="forward"
                label={t('viewer.next')}
                isDisabled={!next}
                onClick={() => next && onShow(next)}
              />
            </>
          ) : null}
          <Button icon="download" isDisabled={!mayRead} onClick={() => void transfers.download([path])}>
            {t('files.download')}
          </Button>
        </>
      }
    >
      {Shown === undefined ? (
        <FileDetails
          path={path}
          entry={entry}
          canBeText={mayRead}
          onShowAs={(as) => setChosen({ name: entry.name, kind: as })}
        />
      ) : (
        <Suspense fallback={<Loading />}>
          <Shown
            key={path}
            path={path}
            entry={entry}
            mayEdit={listing.rights?.overwrite === true}
            onClose={onClose}
            onChanged={onChanged}
            onShowAs={(as) => setChosen({ name: entry.name, kind: as })}
          />
        </Suspense>
      )}
    </Dialog>
  )
}
