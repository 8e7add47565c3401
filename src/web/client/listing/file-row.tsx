import { memo, useRef } from 'react'
import type { FileEntry } from '../../../contract/file.ts'
import { Icon, type IconName } from '../../shared/components/icon.tsx'
import { formatBytes, formatTime } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { hasThumbnail, kindOf } from './file-kind.ts'
import { joinPath } from './paths.ts'
import { shownName } from './shown-name.ts'
import { Thumbnail } from './thumbnail.tsx'

export interface FileRowProps {
  readonly id: string
  readonly directory: string
  readonly entry: FileEntry
  readonly position: number
  readonly top: number
  readonly isSelected: boolean
  readonly isActive: boolean
  readonly mayRead: boolean
  readonly onPress: (position: number, event: MouseEvent) => void
  readonly onToggle: (position: number, isRange: boolean) => void
  readonly onOpen: (position: number) => void
}

/** One entry, on one line. */
export const FileRow = memo(function FileRow(props: FileRowProps) {
  const { entry, position, top, isSelected, isActive } = props
  /** The second click of two may meet another entry: that of the folder that the first one, on a name, has opened. */
  const pressed = useRef<FileEntry>(undefined)
  const name = shownName(entry.name)
  const size = entry.type === 'directory' ? '' : formatBytes(entry.size)
  const time = formatTime(entry.modified, 'short')
  return (
    <div
      id={props.id}
      role="row"
      aria-rowindex={position + 2}
      aria-selected={isSelected}
      className={isActive ? 'files-row files-active' : 'files-row'}
      ref={(element: HTMLElement | null) => {
        if (element) element.style.transform = `translateY(${top}px)`
      }}
      onClick={(event) => {
        if (event.detail === 1) pressed.current = entry
        props.onPress(position, event)
      }}
      onDblClick={() => {
        if (pressed.current === entry) props.onOpen(position)
      }}
    >
      <div role="gridcell" className="files-check">
        <input
          type="checkbox"
          tabIndex={-1}
          checked={isSelected}
          aria-label={t('files.select', { name })}
          onClick={(event) => {
            event.stopPropagation()
            props.onToggle(position, event.shiftKey)
          }}
        />
      </div>
      <div role="gridcell" className="files-name">
        <span className={entry.type === 'directory' ? 'files-picture files-folder' : 'files-picture'}>
          <Picture {...props} />
        </span>
        <button
          type="button"
          tabIndex={-1}
          className="files-open"
          title={name}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return
            event.stopPropagation()
            pressed.current = undefined
            if (event.detail <= 1) props.onOpen(position)
          }}
        >
          <span className="name">{name}</span>
        </button>
        <Marks entry={entry} />
        <span className="files-meta">{size === '' ? time : `${size} · ${time}`}</span>
      </div>
      <div role="gridcell" className="files-size number">
        {size}
      </div>
      <div role="gridcell" className="files-time number">
        {time}
      </div>
    </div>
  )
})

function Picture({ entry, directory, mayRead }: FileRowProps) {
  if (mayRead && entry.type === 'file' && entry.denied !== true && hasThumbnail(entry.name, entry.size)) {
    const path = joinPath(directory, entry.name)
    return <Thumbnail key={path} path={path} entry={entry} />
  }
  return <Icon name={iconOf(entry)} />
}

function iconOf({ type, name }: FileEntry): IconName {
  if (type === 'directory') return 'folder'
  if (type === 'symlink') return 'link'
  return kindOf(name) === 'image' ? 'image' : 'file'
}

function Marks({ entry }: { readonly entry: FileEntry }) {
  return (
    <>
      {entry.fixed === true ? <span className="files-mark">{t('files.mark.fixed')}</span> : null}
      {entry.denied === true ? <span className="files-mark">{t('files.mark.denied')}</span> : null}
      {entry.type === 'symlink' ? <span className="files-mark">{t('files.mark.link')}</span> : null}
    </>
  )
}
