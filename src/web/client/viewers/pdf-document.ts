import { getDocument, GlobalWorkerOptions, type PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import workerUrl from 'pdfjs-dist/legacy/build/pdf.worker.min.mjs?url'

/** Opens a PDF from memory. Nothing else is loaded for it, and no script in it runs. @throws when it cannot be read */
export async function openPdf(bytes: Uint8Array<ArrayBuffer>): Promise<PDFDocumentProxy> {
  GlobalWorkerOptions.workerSrc = workerUrl
  // The policy of the pages lets no WebAssembly in.
  return getDocument({ data: bytes, useWasm: false, enableXfa: false, verbosity: 0 }).promise
}
