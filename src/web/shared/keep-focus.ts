const rows = ['LI', 'TBODY', 'TR']
const controls = ':is(a[href], button, input, select, textarea, [tabindex="0"]):not(:disabled)'

/** Where something was that is gone. */
interface Gap {
  readonly removed: Element
  readonly parent: Element
  readonly next: Node | null
  readonly previous: Node | null
  /** Which of the controls in `removed` had the focus. */
  readonly control: number
}

/**
 * What has the focus may go away with its row, or with a step of a dialog; browsers then leave the reader at the top of
 * the page. Here the next row is given the focus, or the one before, or the heading. `root` is a dialog or the part of
 * the page outside of dialogs; answers a function that ends it.
 */
export function keepFocus(root: HTMLElement): () => void {
  let last: Element | undefined
  let gap: Gap | undefined
  const remember = ({ target }: FocusEvent) => {
    if (!(target instanceof Element) || target.closest('dialog') !== root.closest('dialog')) return
    // A menu gives the focus back to its button.
    if (target.closest('[popover]')) return
    last = target
    gap = undefined
  }
  const observer = new MutationObserver((changes) => {
    if (last?.isConnected === false) gap = gapOf(last, changes) ?? gap
    if (!gap || !isFocusLost()) return
    // Under an open dialog nothing takes the focus: it is tried again when the dialog goes.
    for (const place of placesNear(gap, root)) {
      place.focus()
      if (!isFocusLost()) return
    }
  })
  root.addEventListener('focusin', remember)
  observer.observe(root, { childList: true, subtree: true })
  return () => {
    root.removeEventListener('focusin', remember)
    observer.disconnect()
  }
}

function isFocusLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body
}

/** The outermost that was removed with `last` in it. */
function gapOf(last: Element, changes: readonly MutationRecord[]): Gap | undefined {
  let gap: Gap | undefined
  for (const { removedNodes, target, nextSibling, previousSibling } of changes) {
    const inside = gap?.parent ?? last
    const removed = [...removedNodes].find((node) => node.contains(inside))
    if (!(removed instanceof Element) || !(target instanceof Element)) continue
    const control = [...removed.querySelectorAll(controls)].indexOf(last)
    gap = { removed, parent: target, next: nextSibling, previous: previousSibling, control }
  }
  return gap
}

function placesNear({ removed, parent, next, previous, control }: Gap, root: HTMLElement): HTMLElement[] {
  const places: HTMLElement[] = []
  for (const row of rows.includes(removed.tagName) ? [next, previous] : []) {
    if (!(row instanceof Element) || !row.isConnected || row.tagName !== removed.tagName) continue
    const found = [...row.querySelectorAll<HTMLElement>(controls)]
    const place = found[control] ?? found.at(-1)
    if (place) places.push(place)
  }
  const heading =
    parent.closest('.card')?.querySelector<HTMLElement>('h2') ??
    root.querySelector<HTMLElement>(root.tagName === 'DIALOG' ? 'h2' : 'h1')
  if (!heading) return places
  // Not a stop of the Tab key: it takes the focus from here alone.
  heading.tabIndex = -1
  return [...places, heading]
}
