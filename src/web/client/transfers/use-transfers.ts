import { useEffect, useReducer, useRef } from 'react'
import { isWithin } from '../listing/paths.ts'
import { transfers } from './transfers.ts'

/** Draws anew when something moved. */
export function useTransfers(): typeof transfers {
  const [, redraw] = useReducer((turn: number) => turn + 1, 0)
  useEffect(() => {
    const update = () => redraw(undefined)
    transfers.addEventListener('change', update)
    return () => transfers.removeEventListener('change', update)
  }, [])
  return transfers
}

/** A long directory is not read anew for each of many files. */
const restMs = 700

/** Calls `reload` a little after something has arrived in `directory`, or may have. */
export function useArrivals(directory: string, reload: () => void): void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    const hear = (event: Event) => {
      const where: unknown = event instanceof CustomEvent ? event.detail : undefined
      if (typeof where === 'string' && !isWithin(directory, where)) return
      timer.current ??= setTimeout(() => {
        timer.current = undefined
        reload()
      }, restMs)
    }
    transfers.addEventListener('arrived', hear)
    return () => {
      transfers.removeEventListener('arrived', hear)
      clearTimeout(timer.current)
      timer.current = undefined
    }
  }, [directory, reload])
}
