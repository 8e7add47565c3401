import { useEffect, useRef } from 'react'

/** Of the entry of the history that stands for what is open. */
const mark = 'open'

/** Going back closes what is open, and the page behind it stays. `mayClose` may ask first: false keeps it open. */
export function useGoingBack(mayClose: () => boolean, onClose: () => void): void {
  const latest = useRef({ mayClose, onClose })
  latest.current = { mayClose, onClose }
  useEffect(() => {
    const enter = () => history.pushState(mark, '')
    const leave = () => {
      if (latest.current.mayClose()) latest.current.onClose()
      else enter()
    }
    // After a reload the entry is there already.
    if (history.state !== mark) enter()
    addEventListener('popstate', leave)
    return () => {
      removeEventListener('popstate', leave)
      // Closed otherwise: the next step back is one of the page.
      if (history.state === mark) history.back()
    }
  }, [])
}
