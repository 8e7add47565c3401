import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualItem,
} from '@tanstack/virtual-core'
import { useLayoutEffect, useReducer, useState, type RefObject } from 'react'

export interface VirtualRows {
  readonly rows: readonly VirtualItem[]
  /** Pixels that all rows take. */
  readonly totalHeight: number
  readonly scrollTo: (index: number) => void
}

/** The rows of a long list that are to be drawn now; `scroller` is the element that scrolls. */
export function useVirtualRows(
  scroller: RefObject<HTMLElement | null>,
  {
    count,
    rowHeight,
    overscan = 12,
  }: { readonly count: number; readonly rowHeight: number; readonly overscan?: number },
): VirtualRows {
  const [, redraw] = useReducer((turn: number) => turn + 1, 0)
  const options = {
    count,
    overscan,
    estimateSize: () => rowHeight,
    getScrollElement: () => scroller.current,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => redraw(undefined),
  }
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options))
  virtualizer.setOptions(options)
  useLayoutEffect(() => virtualizer._didMount(), [])
  useLayoutEffect(() => virtualizer._willUpdate())
  useLayoutEffect(() => virtualizer.measure(), [rowHeight])
  return {
    rows: virtualizer.getVirtualItems(),
    totalHeight: virtualizer.getTotalSize(),
    scrollTo: (index) => virtualizer.scrollToIndex(index, { align: 'auto' }),
  }
}
