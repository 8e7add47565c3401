import { useRef } from 'react'
import type { DirectoryRights } from '../../../contract/file.ts'
import type { MessageKey } from '../../messages/message-key.ts'
import { Menu } from '../../shared/components/menu.tsx'
import { t } from '../../shared/i18n.ts'
import { pickedFromInput } from '../transfers/picked-files.ts'
import { transfers } from '../transfers/transfers.ts'
import { ActionButton } from './action-button.tsx'

export interface UploadButtonsProps {
  readonly directory: string
  readonly rights: DirectoryRights | undefined
  readonly onNewFolder: () => void
  readonly onNewFile: () => void
  readonly onReload: () => void
}

/** What can be brought into the directory that is shown. */
export function UploadButtons(props: UploadButtonsProps) {
  const { directory, rights } = props
  const fileInput = useRef<HTMLInputElement>(null)
  const folderInput = useRef<HTMLInputElement>(null)
  const refusal = (isAllowed: boolean | undefined): MessageKey | undefined =>
    isAllowed === true ? undefined : isAllowed === undefined ? 'files.why.loading' : 'files.why.permission'
  const take = (input: HTMLInputElement) => {
    const picked = pickedFromInput(input.files ?? [])
    // The same file can be chosen again.
    input.value = ''
    void transfers.upload(picked, directory, rights?.overwrite === true)
  }
  const mayUploadFolders = rights?.upload === true && rights.create_dirs
  return (
    <>
      <input
        ref={fileInput}
        type="file"
        multiple
        className="hidden"
        tabIndex={-1}
        aria-label={t('files.upload')}
        onChange={(event) => take(event.currentTarget)}
      />
      <input
        ref={(element: HTMLInputElement | null) => {
          folderInput.current = element
          if (element) element.webkitdirectory = true
        }}
        type="file"
        className="hidden"
        tabIndex={-1}
        aria-label={t('files.uploadFolder')}
        onChange={(event) => take(event.currentTarget)}
      />
      <ActionButton
        kind="primary"
        icon="upload"
        refusal={refusal(rights?.upload)}
        onClick={() => fileInput.current?.click()}
      >
        {t('files.upload')}
      </ActionButton>
      <ActionButton icon="folderAdd" refusal={refusal(rights?.create_dirs)} onClick={props.onNewFolder}>
        {t('files.newFolder')}
      </ActionButton>
      <Menu
        label={t('files.more')}
        icon="more"
        items={[
          {
            label: t('files.uploadFolder'),
            icon: 'upload',
            isDisabled: !mayUploadFolders,
            onChoose: () => folderInput.current?.click(),
          },
          {
            label: t('files.newFile'),
            icon: 'edit',
            isDisabled: rights?.upload !== true,
            onChoose: props.onNewFile,
          },
          { label: t('files.reload'), icon: 'refresh', onChoose: props.onReload },
        ]}
      />
    </>
  )
}
