import type { ComponentChildren } from 'preact'
import { useState } from 'react'
import { ConfirmDialog } from '../../shared/components/dialog.tsx'
import { tellDone, tellFailure } from '../../shared/notices.tsx'

export interface DeleteDialogProps {
  readonly title: string
  readonly text: ComponentChildren
  readonly action: string
  /** Said when it is done. */
  readonly doneText: string
  readonly work: () => Promise<unknown>
  readonly onDone: () => void
  readonly onClose: () => void
}

/** Asks, works, tells. */
export function DeleteDialog({ title, text, action, doneText, work, onDone, onClose }: DeleteDialogProps) {
  const [isBusy, setBusy] = useState(false)
  const confirm = async () => {
    setBusy(true)
    try {
      await work()
      tellDone(doneText)
      onDone()
    } catch (error) {
      tellFailure(error)
    }
    onClose()
  }
  return (
    <ConfirmDialog
      {...{ title, text, action, isBusy, onClose }}
      isDangerous
      onConfirm={() => void confirm()}
    />
  )
}
