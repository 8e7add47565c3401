import type { ComponentChildren } from 'preact'
import { useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { t } from '../i18n.ts'
import { keepFocus } from '../keep-focus.ts'
import { useLeaveGuard } from '../router.ts'
import { Button } from './button.tsx'

export interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
  /** Buttons: the one that changes nothing first, the one that changes most last. */
  readonly actions?: ComponentChildren
  readonly size?: 'small' | 'large' | 'full'
  /** False for a dialog that has to be answered: Back does not leave it either. */
  readonly isClosable?: boolean
  /** True when something was typed that would be lost: it is asked about first. */
  readonly isDirty?: boolean
}

/** The browser's own modal dialog: it keeps the focus, makes the page behind it inert, and closes with Escape. */
export function Dialog({
  title,
  onClose,
  children,
  actions,
  size = 'small',
  isClosable = true,
  isDirty = false,
}: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  /** What follows once the reader agrees to lose what was typed. */
  const [leave, setLeave] = useState<() => void>()
  /** Shown again it lies above the question, which then has to be shown again, too. */
  const [shownTimes, setShownTimes] = useState(1)
  const ask = useCallback((go: () => void) => setLeave(() => go), [])
  useLeaveGuard(isDirty || !isClosable, ask)
  // What was typed may be saved while the question is open, and a dialog that has to be answered is not left at all.
  const mayAsk = isDirty && isClosable
  useLayoutEffect(() => {
    if (!mayAsk) setLeave(undefined)
  }, [mayAsk, leave])
  const close = () => {
    if (isDirty) ask(() => undefined)
    else onClose()
  }
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
        if (isClosable) close()
      }}
      onClose={(event) => {
        // Browsers close on a second Escape whatever was said to the first (HTML, close watchers).
        const element = dialog.current
        if (!element || event.target !== element || element.open) return
        if (!isClosable || isDirty) {
          element.showModal()
          setShownTimes((times) => times + 1)
        }
        if (isClosable) close()
      }}
    >
      <header className="dialog-head">
        <h2 id={titleId}>{title}</h2>
        {isClosable ? <Button kind="quiet" icon="close" label={t('action.close')} onClick={close} /> : null}
      </header>
      <div className="dialog-body">{children}</div>
      {actions === undefined ? null : <footer className="dialog-actions">{actions}</footer>}
      {leave !== undefined && mayAsk ? (
        <ConfirmDialog
          key={shownTimes}
          title={t('dialog.leave.title')}
          text={t('dialog.leave.text')}
          action={t('dialog.leave.action')}
          isDangerous
          onConfirm={() => {
            onClose()
            leave()
          }}
          onClose={() => setLeave(undefined)}
        />
      ) : null}
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
