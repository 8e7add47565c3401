import type { PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { t } from '../../shared/i18n.ts'

export interface PdfPageProps {
  readonly pdf: PDFDocumentProxy
  readonly number: number
  /** Pixels. */
  readonly width: number
  /** Height by width, until the page itself is known. */
  readonly ratio: number
}

/** Pixels beyond the window at which a page is drawn. */
const margin = '600px'

/** One page, drawn while it is near. */
export function PdfPage({ pdf, number, width, ratio }: PdfPageProps) {
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [isNear, setNear] = useState(false)
  const [ownRatio, setOwnRatio] = useState(ratio)
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting === true), {
      rootMargin: margin,
    })
    if (frame.current) observer.observe(frame.current)
    return () => observer.disconnect()
  }, [])
  useLayoutEffect(() => {
    if (!frame.current) return
    frame.current.style.width = `${width}px`
    frame.current.style.height = `${Math.round(width * ownRatio)}px`
  }, [width, ownRatio])
  useEffect(() => {
    if (!isNear) return
    let stop: (() => void) | undefined
    let isCurrent = true
    void pdf.getPage(number).then((page) => {
      const element = canvas.current
      if (!isCurrent || !element) return
      const natural = page.getViewport({ scale: 1 })
      setOwnRatio(natural.height / natural.width)
      const viewport = page.getViewport({ scale: (width / natural.width) * Math.min(devicePixelRatio, 2) })
      element.width = Math.round(viewport.width)
      element.height = Math.round(viewport.height)
      const task = page.render({ canvas: element, viewport })
      stop = () => task.cancel()
      task.promise.catch(() => undefined)
    })
    return () => {
      isCurrent = false
      stop?.()
      // Gives the memory back.
      if (canvas.current) canvas.current.width = 0
    }
  }, [isNear, width, number])
  return (
    <div ref={frame} className="viewer-pdf-page">
      <canvas ref={canvas} role="img" aria-label={t('viewer.pdf.page', { page: number, n: pdf.numPages })} />
    </div>
  )
}
