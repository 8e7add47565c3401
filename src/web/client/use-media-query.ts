import { useEffect, useState } from 'react'

/** Whether the window is so now, e.g. '(max-width: 760px)'. */
export function useMediaQuery(query: string): boolean {
  const [isSo, setSo] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const update = () => setSo(list.matches)
    update()
    list.addEventListener('change', update)
    return () => list.removeEventListener('change', update)
  }, [query])
  return isSo
}
