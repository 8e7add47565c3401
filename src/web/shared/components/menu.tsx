import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { Icon, type IconName } from './icon.tsx'

export interface MenuItem {
  readonly label: string
  readonly icon?: IconName
  readonly isDangerous?: boolean
  readonly isDisabled?: boolean
  /** For a choice among several: whether it is the one. */
  readonly isChosen?: boolean
  readonly onChoose: () => void
}

export interface MenuProps {
  readonly label: string
  readonly icon: IconName
  /** Shown beside the icon. */
  readonly text?: string
  readonly items: readonly MenuItem[]
  /** Has the focus once it is drawn. */
  readonly isFocused?: boolean
}

/** A button with a list of actions, in the browser's top layer; arrows move, Escape closes (WAI-ARIA menu button). */
export function Menu({ label, icon, text, items, isFocused = false }: MenuProps) {
  const id = useId().replaceAll(':', '')
  const button = useRef<HTMLButtonElement>(null)
  const list = useRef<HTMLDivElement>(null)
  // A table has a menu in each row: what is not open is not drawn.
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    if (isFocused) button.current?.focus()
  }, [])
  const entries = () => [
    ...(list.current?.querySelectorAll<HTMLElement>('[role^=menuitem]:not(:disabled)') ?? []),
  ]

  const place = () => {
    const [anchor, menu] = [button.current?.getBoundingClientRect(), list.current]
    if (!anchor || !menu) return
    const { width, height } = menu.getBoundingClientRect()
    const isBelow = anchor.bottom + height + 8 <= innerHeight || anchor.top < height
    menu.style.top = `${isBelow ? anchor.bottom + 4 : anchor.top - height - 4}px`
    menu.style.left = `${Math.max(8, Math.min(anchor.left, innerWidth - width - 8))}px`
  }
  useLayoutEffect(() => {
    if (!isOpen) return
    place()
    entries()[0]?.focus()
  }, [isOpen])
  const move = (event: KeyboardEvent) => {
    const all = entries()
    const at = all.findIndex((entry) => entry === document.activeElement)
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key]
    if (event.key === 'Tab') list.current?.hidePopover()
    if (next === undefined || all.length === 0) return
    event.preventDefault()
    all[next % all.length]?.focus()
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        className="button button-quiet"
        aria-label={text === undefined ? label : undefined}
        title={text === undefined ? label : `${label}: ${text}`}
        aria-haspopup="menu"
        popovertarget={id}
      >
        <Icon name={icon} />
        {text === undefined ? null : <span className="button-text">{text}</span>}
      </button>
      <div
        ref={list}
        id={id}
        className="menu"
        role="menu"
        aria-label={label}
        popover="auto"
        onKeyDown={move}
        onToggle={(event) => setOpen(event.newState === 'open')}
      >
        {(isOpen ? items : []).map((item) => (
          <button
            key={item.label}
            type="button"
            role={item.isChosen === undefined ? 'menuitem' : 'menuitemradio'}
            aria-checked={item.isChosen}
            className={item.isDangerous === true ? 'menu-item menu-danger' : 'menu-item'}
            disabled={item.isDisabled === true}
            onClick={() => {
              list.current?.hidePopover()
              button.current?.focus()
              item.onChoose()
            }}
          >
            {item.icon === undefined ? null : <Icon name={item.icon} />}
            <span>{item.label}</span>
            {item.isChosen === true ? <Icon name="check" /> : null}
          </button>
        ))}
      </div>
    </>
  )
}
