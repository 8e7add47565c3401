/** What is chosen, by name, and where the keyboard is: positions in the order that is shown. */
export interface Selection {
  readonly names: ReadonlySet<string>
  /** -1: nowhere yet. */
  readonly active: number
  /** Where a range begins. */
  readonly anchor: number
}

export const nothingSelected: Selection = { names: new Set(), active: -1, anchor: -1 }

type NameAt = (position: number) => string | undefined

/** The keyboard goes there; nothing else changes. */
export function moveTo(selection: Selection, position: number): Selection {
  return { ...selection, active: position, anchor: position }
}

export function toggle(selection: Selection, position: number, nameAt: NameAt): Selection {
  const name = nameAt(position)
  if (name === undefined) return selection
  const names = new Set(selection.names)
  if (!names.delete(name)) names.add(name)
  return { names, active: position, anchor: position }
}

/** That one and no other. */
export function selectOnly(position: number, nameAt: NameAt): Selection {
  const name = nameAt(position)
  return { names: new Set(name === undefined ? [] : [name]), active: position, anchor: position }
}

/** From where the last choice was made up to there; what was chosen elsewhere is let go. */
export function selectRange(selection: Selection, position: number, nameAt: NameAt): Selection {
  const anchor = selection.anchor === -1 ? position : selection.anchor
  const names = new Set<string>()
  for (let at = Math.min(anchor, position); at <= Math.max(anchor, position); at++) {
    const name = nameAt(at)
    if (name !== undefined) names.add(name)
  }
  return { names, active: position, anchor }
}

export function selectAll(selection: Selection, count: number, nameAt: NameAt): Selection {
  return { ...selectRange({ ...selection, anchor: 0 }, count - 1, nameAt), active: selection.active }
}

/** The next name after `from` that begins so, going round; -1 where there is none. */
export function findPrefix(prefix: string, from: number, count: number, nameAt: NameAt): number {
  const wanted = prefix.toLowerCase()
  for (let step = 0; step < count; step++) {
    const at = (from + step) % count
    if (nameAt(at)?.toLowerCase().startsWith(wanted) === true) return at
  }
  return -1
}
