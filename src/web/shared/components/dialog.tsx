import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'react'
import { t } from '../i18n.ts'
import { keepFocus } from '../keep-focus.ts'
import { Button } from './button.tsx'

export interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
  /** Buttons, the main one last. */
  readonly actions?: ComponentChildren
  readonly size?: 'small' | 'large' | 'full'
  /** False for a dialog that has to be answered. */
  readonly isClosable?: boolean
}

/** The browser's own modal dialog: it keeps the focus, makes the page behind it inert, and closes with Escape. */
export function Dialog({
  title,
  onClose,
  children,
  actions,
  size = 'small',
  isClosable = true,
}: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const element = dialog.current
    const before = document.activeElement
    element?.showModal()
    const stopKeeping = element ? keepFocus(element) : undefined
    return () => {
      stopKeeping?.()
      element?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      className={`dialog dialog-${size}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        if (event.target !== dialog.current) return
        event.preventDefault()
        if (isClosable) onClose()
      }}
      onClose={(event) => {
        // Browsers close on a second Escape whatever was said to the first (HTML, close watchers).
        if (event.target !== dialog.current) return
        if (isClosable) onClose()
        else dialog.current?.showModal()
      }}
    >
      <header className="dialog-head">
        <h2 id={titleId}>{title}</h2>
        {isClosable ? <Button kind="quiet" icon="close" label={t('action.close')} onClick={onClose} /> : null}
      </header>
      <div className="dialog-body">{children}</div>
      {actions === undefined ? null : <footer className="dialog-actions">{actions}</footer>}
    </dialog>
  )
}

export interface ConfirmDialogProps {
  readonly title: string
  readonly text: ComponentChildren
  readonly action: string
  readonly isDangerous?: boolean
  readonly isBusy?: boolean
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Asks once more, and says what will happen. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{t('action.cancel')}</Button>
          <Button
            kind={props.isDangerous === true ? 'danger' : 'primary'}
            isBusy={props.isBusy === true}
            onClick={props.onConfirm}
          >
            {props.action}
          </Button>
        </>
      }
    >
      <div className="dialog-text">{props.text}</div>
    </Dialog>
  )
}
