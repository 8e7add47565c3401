import { useEffect, useLayoutEffect, useState } from 'react'

/** Where the reader is: a page, and what it shows, which stands behind '#' and never leaves the browser. */
export interface Place {
  readonly page: string
  readonly detail: string
}

/** Asks the reader, and calls `leave` when the answer is to go. */
type Guard = (leave: () => void) => void

const changed = 'placechange'
/** The newest is asked first: a dialog lies over its page. */
const guards: Guard[] = []
let guardedAddress = ''

export function currentPlace(): Place {
  const page = location.pathname.slice(location.pathname.lastIndexOf('/') + 1)
  return { page, detail: decodeDetail(location.hash.slice(1)) }
}

/** An address for links; `detail` may hold anything. */
export function addressOf(page: string, detail = ''): string {
  return detail === '' ? `./${page}` : `./${page}#${encodeURIComponent(detail).replaceAll('%2F', '/')}`
}

/** Shows another page. A page with unsaved changes may keep the reader: see useLeaveGuard. */
export function goTo(page: string, detail = '', { replace = false } = {}): void {
  if (isKept(() => goTo(page, detail, { replace }))) return
  const address = addressOf(page, detail)
  if (replace) history.replaceState(null, '', address)
  else history.pushState(null, '', address)
  dispatchEvent(new Event(changed))
}

/** True when the reader is asked first; `go` is tried again after that. */
function isKept(go: () => void): boolean {
  const guard = guards.at(-1)
  guard?.(() => {
    removeGuard(guard)
    go()
  })
  return guard !== undefined
}

function removeGuard(guard: Guard): void {
  if (guards.includes(guard)) guards.splice(guards.lastIndexOf(guard), 1)
}

/** The browser has gone back already when it says so: to ask first, the address is put back. */
function askAfterwards(): void {
  if (guards.length === 0 || location.href === guardedAddress) return
  const { page, detail } = currentPlace()
  if (isKept(() => goTo(page, detail))) history.pushState(null, '', guardedAddress)
}

export function usePlace(): Place {
  const [place, setPlace] = useState(currentPlace)
  useEffect(() => {
    const update = () => {
      askAfterwards()
      setPlace(currentPlace())
    }
    const names = [changed, 'popstate', 'hashchange']
    for (const name of names) addEventListener(name, update)
    return () => {
      for (const name of names) removeEventListener(name, update)
    }
  }, [])
  return place
}

/** Asks before unsaved changes are lost; the browser asks itself on a reload. `ask` is the same one at each drawing. */
export function useLeaveGuard(isDirty: boolean, ask: Guard): void {
  // Before the change is painted: who sees it and leaves at once is asked as well.
  useLayoutEffect(() => {
    if (!isDirty) return
    guards.push(ask)
    guardedAddress = location.href
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', warn)
    return () => {
      removeGuard(ask)
      removeEventListener('beforeunload', warn)
    }
  }, [isDirty, ask])
}

/** True for a click that the browser should handle itself: a new tab, a new window, a download. */
function isBrowsers(event: MouseEvent): boolean {
  return (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.ctrlKey ||
    event.metaKey ||
    event.shiftKey ||
    event.altKey
  )
}

/** For links between pages of one app: `<a {...linkTo('users')}>`. */
export function linkTo(page: string, detail = '') {
  return {
    href: addressOf(page, detail),
    onClick: (event: MouseEvent) => {
      if (isBrowsers(event)) return
      event.preventDefault()
      goTo(page, detail)
    },
  }
}

function decodeDetail(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
