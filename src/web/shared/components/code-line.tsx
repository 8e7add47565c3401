import { t } from '../i18n.ts'
import { CopyButton } from './copy-button.tsx'

/** A line, or several, to be pasted elsewhere. */
export function CodeLine({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <div className="code-line">
      <pre tabIndex={0} aria-label={label}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} label={t('action.copyOf', { what: label })} />
    </div>
  )
}
