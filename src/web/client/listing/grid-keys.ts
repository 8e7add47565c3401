/** What a key does in the grid. */
export type GridCommand =
  | { readonly kind: 'move'; readonly to: number; readonly isRange: boolean }
  | { readonly kind: NamedCommand }
  | { readonly kind: 'type'; readonly letter: string }

type NamedCommand = 'open' | 'toggle' | 'all' | 'delete' | 'rename' | 'up' | 'none'

const named: Readonly<Record<string, NamedCommand>> = {
  Enter: 'open',
  ' ': 'toggle',
  Delete: 'delete',
  F2: 'rename',
  Backspace: 'up',
  Escape: 'none',
}

export interface GridPlace {
  readonly active: number
  readonly count: number
  /** Rows that are in sight at once. */
  readonly page: number
}

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>

/** WAI-ARIA grid, with the keys that people know from their file managers. */
export function gridCommand(event: Key, { active, count, page }: GridPlace): GridCommand | undefined {
  const { key, shiftKey: isRange } = event
  if (event.altKey) return undefined
  if (event.ctrlKey || event.metaKey) return key.toLowerCase() === 'a' ? { kind: 'all' } : undefined
  const last = count - 1
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: active + 1,
    ArrowUp: active === -1 ? last : active - 1,
    PageDown: Math.max(0, active) + page,
    PageUp: active - page,
    Home: 0,
    End: last,
  }
  const to = Object.hasOwn(moves, key) ? moves[key] : undefined
  if (to !== undefined)
    return count === 0 ? { kind: 'none' } : { kind: 'move', to: Math.max(0, Math.min(last, to)), isRange }
  const kind = Object.hasOwn(named, key) ? named[key] : undefined
  if (kind !== undefined) return { kind }
  return key.length === 1 ? { kind: 'type', letter: key } : undefined
}
