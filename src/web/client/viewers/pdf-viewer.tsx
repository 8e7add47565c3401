import type { PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { useEffect, useRef, useState } from 'react'
import { Button } from '../../shared/components/button.tsx'
import { Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { openPdf } from './pdf-document.ts'
import { PdfPage } from './pdf-page.tsx'
import { ReadProgress } from './read-progress.tsx'
import { TooLarge } from './too-large.tsx'
import { useFileBytes } from './use-file-bytes.ts'
import type { KindViewerProps } from './viewer.tsx'

const maxBytes = 64 * 1024 * 1024
const zooms = [0.5, 0.75, 1, 1.25, 1.5, 2, 3] as const
const maxFitWidth = 1100

/** The pages of a PDF as pictures. */
export function PdfViewer(props: KindViewerProps) {
  const { entry } = props
  return entry.size > maxBytes ? <TooLarge {...props} maxBytes={maxBytes} /> : <ReadPdf {...props} />
}

interface OpenedPdf {
  readonly pdf: PDFDocumentProxy
  readonly ratio: number
}

function ReadPdf({ path, entry, onShowAs }: KindViewerProps) {
  const { bytes, error, received, reload } = useFileBytes(path, entry.size)
  const [opened, setOpened] = useState<OpenedPdf>()
  const [problem, setProblem] = useState<'broken' | 'protected'>()
  useEffect(() => {
    if (!bytes) return
    let isCurrent = true
    const opening = openPdf(bytes)
    const show = async () => {
      const pdf = await opening
      const { width, height } = (await pdf.getPage(1)).getViewport({ scale: 1 })
      if (isCurrent) setOpened({ pdf, ratio: height / width })
    }
    show().catch((failure: unknown) => {
      const isProtected = failure instanceof Error && failure.name === 'PasswordException'
      if (isCurrent) setProblem(isProtected ? 'protected' : 'broken')
    })
    return () => {
      isCurrent = false
      void opening.then((pdf) => pdf.loadingTask.destroy()).catch(() => undefined)
    }
  }, [bytes])
  if (error !== undefined) return <Failed error={error} onRetry={reload} />
  if (problem !== undefined)
    return (
      <div className="viewer-message">
        <p>{problem === 'protected' ? t('viewer.pdf.protected') : t('viewer.pdf.broken')}</p>
        <Button onClick={() => onShowAs('other')}>{t('viewer.details')}</Button>
      </div>
    )
  if (!bytes) return <ReadProgress received={received} size={entry.size} />
  return opened ? <Pages {...opened} /> : <Loading />
}

function Pages({ pdf, ratio }: OpenedPdf) {
  const scroller = useRef<HTMLDivElement>(null)
  const [fitWidth, setFitWidth] = useState(0)
  const [zoom, setZoom] = useState(1)
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      const available = (scroller.current?.clientWidth ?? 0) - 32
      setFitWidth(Math.max(200, Math.min(maxFitWidth, available)))
    })
    if (scroller.current) observer.observe(scroller.current)
    return () => observer.disconnect()
  }, [])
  const step = (to: 1 | -1) => zooms[zooms.findIndex((value) => value === zoom) + to]
  const [smaller, larger] = [step(-1), step(1)]
  return (
    <div className="viewer-fill">
      <div className="viewer-tools">
        <Button
          icon="less"
          label={t('viewer.pdf.smaller')}
          isDisabled={smaller === undefined}
          onClick={() => smaller !== undefined && setZoom(smaller)}
        />
        <span className="number viewer-zoom">{t('viewer.pdf.zoom', { percent: zoom * 100 })}</span>
        <Button
          icon="add"
          label={t('viewer.pdf.larger')}
          isDisabled={larger === undefined}
          onClick={() => larger !== undefined && setZoom(larger)}
        />
        <span className="soft">{t('viewer.pdf.pages', { n: pdf.numPages })}</span>
      </div>
      <div ref={scroller} className="viewer-pdf" tabIndex={0} role="group" aria-label={t('viewer.pdf')}>
        {fitWidth === 0
          ? null
          : Array.from({ length: pdf.numPages }, (_, at) => (
              <PdfPage key={at} pdf={pdf} number={at + 1} width={Math.round(fitWidth * zoom)} ratio={ratio} />
            ))}
      </div>
    </div>
  )
}
