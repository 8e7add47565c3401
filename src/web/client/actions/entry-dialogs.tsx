import { useState } from 'react'
import type { FileEntry } from '../../../contract/file.ts'
import { callApi } from '../../shared/api.ts'
import { ConfirmDialog } from '../../shared/components/dialog.tsx'
import { t } from '../../shared/i18n.ts'
import { tellFailure } from '../../shared/notices.tsx'
import { joinPath } from '../listing/paths.ts'
import { shownName } from '../listing/shown-name.ts'
import { transfers } from '../transfers/transfers.ts'
import { FolderPicker } from './folder-picker.tsx'
import { NameDialog } from './name-dialog.tsx'

export type EntryDialog = 'delete' | 'rename' | 'copy' | 'move' | 'folder' | 'text'

export interface EntryDialogsProps {
  readonly shown: EntryDialog
  readonly directory: string
  readonly entries: readonly FileEntry[]
  readonly onClose: () => void
  /** `name` is what the keyboard should be at. */
  readonly onDone: (name?: string) => void
}

/** Questions that come before an action. */
export function EntryDialogs({ shown, directory, entries, onClose, onDone }: EntryDialogsProps) {
  const paths = entries.map(({ name }) => joinPath(directory, name))
  const [first] = entries
  if (shown === 'folder')
    return (
      <NameDialog
        title={t('files.newFolder')}
        action={t('files.new.action')}
        initial=""
        send={async (name) => {
          await callApi('POST', 'user/dirs/make', { body: { path: joinPath(directory, name) } })
          onDone(name)
        }}
        onClose={onClose}
      />
    )
  if (shown === 'text')
    return (
      <NameDialog
        title={t('files.newFile')}
        action={t('files.new.action')}
        initial=""
        send={async (name) => {
          await callApi('POST', 'user/files/text', { body: { path: joinPath(directory, name), text: '' } })
          onDone(name)
        }}
        onClose={onClose}
      />
    )
  if (first === undefined) return null
  if (shown === 'rename')
    return (
      <NameDialog
        title={t('files.rename.title')}
        action={t('files.rename')}
        initial={first.name}
        send={async (name) => {
          const body = { path: joinPath(directory, first.name), target: joinPath(directory, name) }
          await callApi('POST', 'user/files/rename', { body })
          onDone(name)
        }}
        onClose={onClose}
      />
    )
  if (shown === 'delete')
    return <DeleteDialog entries={entries} paths={paths} onClose={onClose} onDone={onDone} />
  return (
    <FolderPicker
      action={shown}
      paths={paths}
      directory={directory}
      onChoose={async (request) => {
        await transfers.jobs.start(request)
        onDone()
        onClose()
      }}
      onClose={onClose}
    />
  )
}

interface DeleteDialogProps {
  readonly entries: readonly FileEntry[]
  readonly paths: readonly string[]
  readonly onClose: () => void
  readonly onDone: () => void
}

function DeleteDialog({ entries, paths, onClose, onDone }: DeleteDialogProps) {
  const [isBusy, setBusy] = useState(false)
  const folders = entries.filter(({ type }) => type === 'directory').length
  const remove = async () => {
    setBusy(true)
    try {
      await transfers.jobs.start({ action: 'delete', paths: [...paths] })
      onDone()
    } catch (error) {
      tellFailure(error)
    }
    onClose()
  }
  return (
    <ConfirmDialog
      title={t('files.delete.title', { n: entries.length })}
      text={
        <>
          {entries.length === 1 ? (
            <p>
              <span className="name">{shownName(entries[0]?.name ?? '')}</span>
            </p>
          ) : null}
          <p>
            {folders > 0 ? `${t('files.delete.folders', { n: folders })} ` : ''}
            {t('files.delete.forGood')}
          </p>
        </>
      }
      action={t('files.delete')}
      isDangerous
      isBusy={isBusy}
      onConfirm={() => void remove()}
      onClose={onClose}
    />
  )
}
