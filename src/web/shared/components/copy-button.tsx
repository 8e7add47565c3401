import { useState } from 'react'
import { t } from '../i18n.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

/** Copies a text, also where the clipboard's own interface is refused: in a frame, or without TLS. */
export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
  const [isCopied, setCopied] = useState(false)
  const [hasFailed, setFailed] = useState(false)
  const copy = async () => {
    if (!(await copyText(text))) return setFailed(true)
    setCopied(true)
    setTimeout(() => setCopied(false), 2000)
  }
  return (
    <>
      <Button
        kind="quiet"
        icon={isCopied ? 'check' : 'copy'}
        label={label ?? t('action.copy')}
        onClick={() => void copy()}
      />
      <span className="hidden" role="status">
        {isCopied ? t('action.copied') : ''}
      </span>
      {hasFailed ? (
        <Dialog title={t('copy.failed')} onClose={() => setFailed(false)}>
          <p>{t('copy.byHand')}</p>
          <textarea
            className="code copy-text"
            aria-label={t('copy.text')}
            rows={Math.min(12, text.split('\n').length + 1)}
            readOnly
            autoFocus
            value={text}
            onFocus={(event) => event.currentTarget.select()}
          />
        </Dialog>
      ) : null}
    </>
  )
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

function copyBySelection(text: string): boolean {
  const before = document.activeElement
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'hidden'
  // Inside an open dialog: what lies outside of it cannot be selected.
  const parent = document.querySelector('dialog[open]') ?? document.body
  parent.append(area)
  area.select()
  const isCopied = document.execCommand('copy')
  area.remove()
  if (before instanceof HTMLElement) before.focus()
  return isCopied
}
