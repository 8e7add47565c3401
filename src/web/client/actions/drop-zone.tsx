import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'react'
import { Icon } from '../../shared/components/icon.tsx'
import { t } from '../../shared/i18n.ts'

export interface DropZoneProps {
  readonly mayDrop: boolean
  readonly onDrop: (transfer: DataTransfer) => void
  readonly children: ComponentChildren
}

/** Files and folders can be dropped here; says so while they hover. */
export function DropZone({ mayDrop, onDrop, children }: DropZoneProps) {
  const [isOver, setOver] = useState(false)
  // Entering a child is told before leaving its parent.
  const depth = useRef(0)
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true
  const step = (event: DragEvent, change: number) => {
    if (!hasFiles(event)) return
    depth.current += change
    setOver(depth.current > 0)
  }
  return (
    <div
      className="files-drop"
      onDragEnter={(event) => step(event, 1)}
      onDragLeave={(event) => step(event, -1)}
      onDragOver={(event) => {
        if (!hasFiles(event) || !event.dataTransfer) return
        event.preventDefault()
        event.dataTransfer.dropEffect = mayDrop ? 'copy' : 'none'
      }}
      onDrop={(event) => {
        event.preventDefault()
        depth.current = 0
        setOver(false)
        if (mayDrop && event.dataTransfer) onDrop(event.dataTransfer)
      }}
    >
      {children}
      {isOver ? (
        <div className="files-drop-hint">
          <Icon name={mayDrop ? 'upload' : 'cancel'} />
          <p>{mayDrop ? t('files.drop') : t('files.dropRefused')}</p>
        </div>
      ) : null}
    </div>
  )
}
