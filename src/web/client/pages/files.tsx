import { Suspense, useCallback, useEffect, useMemo, useState } from 'react'
import type { FileEntry } from '../../../contract/file.ts'
import { ApiFailure } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { TextField } from '../../shared/components/field.tsx'
import { Page } from '../../shared/components/page.tsx'
import { Empty, Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { lazyPart } from '../../shared/lazy-part.tsx'
import { tellFailure } from '../../shared/notices.tsx'
import { readPreference, writePreference } from '../../shared/preferences.ts'
import { goTo, usePlace } from '../../shared/router.ts'
import { DropZone } from '../actions/drop-zone.tsx'
import { EntryDialogs, type EntryDialog } from '../actions/entry-dialogs.tsx'
import { SelectionBar } from '../actions/selection-bar.tsx'
import { UploadButtons } from '../actions/upload-buttons.tsx'
import { Crumbs } from '../listing/crumbs.tsx'
import { refusalOf, summaryOf, type EntryAction } from '../listing/entry-actions.ts'
import { FileGrid } from '../listing/file-grid.tsx'
import { joinPath, nameOf, normalPath, parentOf } from '../listing/paths.ts'
import { moveTo, nothingSelected, type Selection } from '../listing/selection.ts'
import type { ListingView, SortKey } from '../listing/sorted-listing.ts'
import { useListing, type Listing } from '../listing/use-listing.ts'
import { pickedFromDrop } from '../transfers/picked-files.ts'
import { transfers } from '../transfers/transfers.ts'
import { UnfinishedUploads } from '../transfers/unfinished-uploads.tsx'
import { useArrivals } from '../transfers/use-transfers.ts'
import { useUser } from '../user-session.ts'
import './files.css'

const Viewer = lazyPart(async () => (await import('../viewers/viewer.tsx')).Viewer)

/** The files of the user who is signed in. */
export function Files() {
  const path = useShownPath()
  const [view, setView] = useState(rememberedView)
  const { listing, isLoading, reload } = useListing(path, view)
  const [selection, setSelection] = useState(nothingSelected)
  const [dialog, setDialog] = useState<EntryDialog>()
  const [opened, setOpened] = useState<FileEntry>()
  const wanted = useWantedName(listing, setSelection)
  useArrivals(path, reload)
  useEffect(() => {
    setSelection(nothingSelected)
    setDialog(undefined)
    setView((before) => (before.filter === '' ? before : { ...before, filter: '' }))
  }, [path])

  const selected = useMemo(
    () => (selection.names.size === 0 ? [] : listing.entries.filter(({ name }) => selection.names.has(name))),
    [listing, selection.names],
  )
  const summary = useMemo(() => summaryOf(selected), [selected])
  const go = useCallback((to: string) => goTo('files', to), [])
  const open = useCallback(
    (entry: FileEntry) => {
      if (entry.type === 'directory') go(joinPath(path, entry.name))
      else setOpened(entry)
    },
    [path],
  )
  const act = (action: EntryAction) => {
    if (action === 'download') void transfers.download(selected.map(({ name }) => joinPath(path, name)))
    else setDialog(action)
  }
  const sort = (sortBy: SortKey) => {
    const isDescending = view.sortBy === sortBy ? !view.isDescending : sortBy !== 'name'
    setView({ ...view, sortBy, isDescending })
    writePreference('sort', `${sortBy} ${isDescending ? 'down' : 'up'}`)
  }
  const finish = (name?: string) => {
    wanted.current = name
    setSelection(nothingSelected)
    reload()
  }
  const refusal =
    dialog === undefined || dialog === 'folder' || dialog === 'text'
      ? undefined
      : refusalOf(dialog, summary, listing.rights)
  useEffect(() => {
    if (refusal === undefined) return
    setDialog(undefined)
    tellFailure(new ApiFailure(403, { error: 'refused', message: t(refusal) }))
  }, [refusal])
  return (
    <Page
      title={t('files.title')}
      actions={
        <UploadButtons
          directory={path}
          rights={listing.rights}
          onNewFolder={() => setDialog('folder')}
          onNewFile={() => setDialog('text')}
          onReload={reload}
        />
      }
    >
      <div className="files">
        <UnfinishedUploads />
        <div className="files-bar">
          <Crumbs path={path} label={t('files.place')} isPlace onGo={go} />
          <Button kind="quiet" icon="refresh" label={t('files.reload')} isBusy={isLoading} onClick={reload} />
          <div className="files-filter">
            <TextField
              label={t('files.filter')}
              name="filter"
              type="search"
              placeholder={t('files.filter')}
              value={view.filter}
              onChange={(filter) => {
                setView({ ...view, filter })
                // What is hidden now would be deleted with the rest.
                setSelection(nothingSelected)
              }}
            />
          </div>
        </div>
        <div className="files-status">
          {selected.length > 0 ? (
            <SelectionBar
              summary={summary}
              rights={listing.rights}
              onAction={act}
              onClear={() => setSelection((before) => ({ ...nothingSelected, active: before.active }))}
            />
          ) : (
            <span className="files-count" role="status">
              {countText(listing, view)}
            </span>
          )}
        </div>
        <DropZone
          mayDrop={listing.rights?.upload === true}
          onDrop={(transfer) =>
            void pickedFromDrop(transfer).then((picked) => {
              if (picked.unread > 0) tellUnread(picked.unread)
              return transfers.upload(picked, path, listing.rights?.overwrite === true)
            })
          }
        >
          <FileGrid
            listing={listing}
            view={view}
            selection={selection}
            onSelect={setSelection}
            onSort={sort}
            onOpen={open}
            onUp={() => {
              if (path === '/') return
              wanted.current = nameOf(path)
              go(parentOf(path))
            }}
            onAction={setDialog}
          />
          <GridNote listing={listing} view={view} onRetry={reload} />
        </DropZone>
      </div>
      {dialog !== undefined && refusal === undefined ? (
        <EntryDialogs
          shown={dialog}
          directory={path}
          entries={selected}
          onClose={() => setDialog(undefined)}
          onDone={finish}
        />
      ) : null}
      <Suspense fallback={null}>
        {opened === undefined ? null : (
          <Viewer
            listing={listing}
            entry={opened}
            onShow={setOpened}
            onClose={() => setOpened(undefined)}
            onChanged={reload}
          />
        )}
      </Suspense>
    </Page>
  )
}

/** Behind '#'; an address without it begins where the user begins, one of an earlier version is taken over. */
function useShownPath(): string {
  const { detail } = usePlace()
  const { start_directory: start } = useUser()
  const legacy = new URLSearchParams(location.search).get('path')
  const path = normalPath(detail === '' ? (legacy ?? start) : detail)
  useEffect(() => {
    if (detail !== path) goTo('files', path, { replace: true })
  }, [detail, path])
  return path
}

function tellUnread(n: number): void {
  tellFailure(new ApiFailure(0, { error: 'unread', message: t('files.unread', { n }) }))
}

function rememberedView(): ListingView {
  const [key, direction] = readPreference('sort')?.split(' ') ?? []
  const sortBy = key === 'size' || key === 'modified' ? key : 'name'
  return { sortBy, isDescending: direction === 'down', filter: '' }
}

/** Where the keyboard should be once a name is in the listing. */
function useWantedName(listing: Listing, setSelection: (change: (before: Selection) => Selection) => void) {
  const [wanted] = useState<{ current: string | undefined }>({ current: undefined })
  useEffect(() => {
    const { current } = wanted
    if (current === undefined || !listing.isComplete) return
    const position = listing.order.findIndex((at) => listing.entries[at]?.name === current)
    if (position === -1) return
    wanted.current = undefined
    setSelection((before) => moveTo(before, position))
  }, [listing])
  return wanted
}

function countText({ entries, order, isComplete }: Listing, { filter }: ListingView): string {
  if (filter !== '') return t('files.countFiltered', { n: order.length, all: entries.length })
  return isComplete ? t('files.count', { n: entries.length }) : t('files.countSoFar', { n: entries.length })
}

interface GridNoteProps {
  readonly listing: Listing
  readonly view: ListingView
  readonly onRetry: () => void
}

/** What stands in place of rows where there are none. */
function GridNote({ listing, view, onRetry }: GridNoteProps) {
  const { error, isComplete, order, rights, entries } = listing
  if (error !== undefined)
    return (
      <div className="files-note">
        <Failed error={error} onRetry={onRetry} />
      </div>
    )
  if (order.length > 0) return null
  return (
    <div className="files-note">
      {!isComplete ? (
        <Loading />
      ) : view.filter !== '' && entries.length > 0 ? (
        <Empty icon="search" title={t('files.noneFits')} />
      ) : (
        <Empty icon="folder" title={t('files.empty')}>
          {rights?.upload === true ? <p>{t('files.emptyHint')}</p> : null}
        </Empty>
      )}
    </div>
  )
}
