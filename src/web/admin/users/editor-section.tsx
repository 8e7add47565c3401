import type { ComponentChildren } from 'preact'
import { useState } from 'react'

export interface EditorSectionProps {
  readonly title: string
  /** What is set, so that it need not be opened to know. */
  readonly summary: ComponentChildren
  readonly isOpen: boolean
  /** Opens it, whatever was chosen: a wrong field must be seen. */
  readonly isWrong: boolean
  readonly children: ComponentChildren
}

/** A part of a long form that can be folded up. */
export function EditorSection({ title, summary, isOpen, isWrong, children }: EditorSectionProps) {
  const [isChosenOpen, setOpen] = useState(isOpen)
  return (
    <details
      className="card editor-section"
      open={isChosenOpen || isWrong}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <h2>{title}</h2>
        <span className="editor-summary">{summary}</span>
      </summary>
      <div className="form">{children}</div>
    </details>
  )
}
