import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from './icon.tsx'

export interface ButtonProps {
  /** 'primary': what most people came for, once a page. 'quiet': an icon in a row. 'danger': cannot be undone. */
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger'
  readonly icon?: IconName
  /** For a button that shows an icon alone. */
  readonly label?: string
  readonly type?: 'button' | 'submit'
  readonly isDisabled?: boolean
  readonly isBusy?: boolean
  readonly isPressed?: boolean
  /** For a button that shows something, or hides it. */
  readonly isExpanded?: boolean
  readonly popoverTarget?: string
  readonly onClick?: (event: MouseEvent) => void
  readonly children?: ComponentChildren
}

export function Button(props: ButtonProps) {
  const { kind = 'plain', icon, label, type = 'button', isDisabled = false, isBusy = false, children } = props
  return (
    <button
      type={type}
      className={`button button-${kind}`}
      disabled={isDisabled}
      aria-disabled={isBusy ? 'true' : undefined}
      aria-busy={isBusy ? 'true' : undefined}
      aria-label={label}
      aria-pressed={props.isPressed}
      aria-expanded={props.isExpanded}
      title={label}
      popovertarget={props.popoverTarget}
      onClick={isBusy ? undefined : props.onClick}
    >
      {icon === undefined ? null : <Icon name={icon} />}
      {children === undefined ? null : <span className="button-text">{children}</span>}
    </button>
  )
}
