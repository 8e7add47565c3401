/** Long enough for a browser to begin, also when it asks where to. */
const keptMs = 60_000

/** Lets the browser save something that is in memory. */
export function saveAs(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  followDownload(url, name)
  setTimeout(() => URL.revokeObjectURL(url), keptMs)
}

/** Follows a link that is answered with a file; the page stays. */
export function followDownload(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.className = 'hidden'
  document.body.append(link)
  link.click()
  link.remove()
}
