import { useState } from 'react'
import type { FileJobRequest } from '../../../contract/file-job.ts'
import type { DirectoryPage, FileEntry } from '../../../contract/file.ts'
import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { Dialog } from '../../shared/components/dialog.tsx'
import { CheckField } from '../../shared/components/field.tsx'
import { Icon } from '../../shared/components/icon.tsx'
import { Failed, FormFailure, Loading } from '../../shared/components/states.tsx'
import { failureText } from '../../shared/failure-text.ts'
import { t } from '../../shared/i18n.ts'
import { useLoaded } from '../../shared/use-loaded.ts'
import { Crumbs } from '../listing/crumbs.tsx'
import { isWithin, joinPath } from '../listing/paths.ts'
import { shownName } from '../listing/shown-name.ts'

/** Directories that are offered of one directory; who has more goes there first, then copies. */
const maxShown = 1000

export interface FolderPickerProps {
  readonly action: 'copy' | 'move'
  readonly paths: readonly string[]
  /** Where they are. */
  readonly directory: string
  readonly onChoose: (request: FileJobRequest) => Promise<void>
  readonly onClose: () => void
}

/** Where to copy or move to. */
export function FolderPicker({ action, paths, directory, onChoose, onClose }: FolderPickerProps) {
  const [place, setPlace] = useState(directory)
  const [overwrite, setOverwrite] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()
  const isSame = place === directory
  const isInside = paths.some((path) => isWithin(path, place))
  const choose = async () => {
    setBusy(true)
    try {
      await onChoose({ action, paths: [...paths], target: place, overwrite })
    } catch (error) {
      setFailure(failureText(error))
      setBusy(false)
    }
  }
  const verb = action === 'copy' ? t('files.copy.action') : t('files.move.action')
  return (
    <Dialog
      title={
        action === 'copy'
          ? t('files.copy.title', { n: paths.length })
          : t('files.move.title', { n: paths.length })
      }
      size="large"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button
            kind="primary"
            isDisabled={isSame || isInside}
            isBusy={isBusy}
            onClick={() => void choose()}
          >
            {verb}
          </Button>
        </>
      }
    >
      <FormFailure text={failure} />
      <Crumbs path={place} label={t('files.picker.place')} onGo={setPlace} />
      <FolderList place={place} onGo={setPlace} />
      <p className="soft" role="status">
        {isSame ? t('files.picker.same') : isInside ? t('files.picker.inside') : ''}
      </p>
      <CheckField
        label={t('files.picker.overwrite')}
        name="overwrite"
        hint={t('files.picker.overwriteHint')}
        isChecked={overwrite}
        onChange={setOverwrite}
      />
    </Dialog>
  )
}

async function directoriesIn(path: string, signal: AbortSignal): Promise<FileEntry[]> {
  const found: FileEntry[] = []
  let cursor: string | undefined
  do {
    const body = cursor === undefined ? { path } : { path, cursor }
    const page: DirectoryPage = await callApi('POST', 'user/dirs', { body, signal })
    for (const entry of page.entries) if (entry.type === 'directory') found.push(entry)
    cursor = page.cursor
  } while (cursor !== undefined && found.length < maxShown)
  const collator = new Intl.Collator(undefined, { numeric: true })
  return found.sort((a, b) => collator.compare(a.name, b.name))
}

function FolderList({ place, onGo }: { readonly place: string; readonly onGo: (path: string) => void }) {
  const { value, error, isLoading, reload } = useLoaded((signal) => directoriesIn(place, signal), [place])
  if (error !== undefined) return <Failed error={error} onRetry={reload} />
  return (
    <ul className="files-picker" aria-label={t('files.picker.folders')} aria-busy={isLoading}>
      {value === undefined ? (
        <li>
          <Loading />
        </li>
      ) : null}
      {value?.length === 0 ? <li className="soft files-picker-none">{t('files.picker.none')}</li> : null}
      {value?.map(({ name }) => (
        <li key={name}>
          <button type="button" onClick={() => onGo(joinPath(place, name))}>
            <Icon name="folder" />
            <span className="name">{shownName(name)}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}
