/** How a file can be shown here. 'other': by its details alone. */
export type FileKind = 'image' | 'pdf' | 'csv' | 'text' | 'other'

/** By the ending of the name. What is not here is never made of a user's bytes: no HTML, no other documents. */
const imageTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  apng: 'image/apng',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  bmp: 'image/bmp',
  ico: 'image/x-icon',
  // No script runs in an image element.
  svg: 'image/svg+xml',
}

const textEndings = new Set(
  (
    'txt text log md markdown rst json json5 jsonl ndjson geojson xml yaml yml toml ini conf cfg cnf env properties ' +
    'js mjs cjs jsx ts tsx css scss less html htm vue svelte py rb pl php java kt kts c h cc cpp hpp cs go rs swift ' +
    'sh bash zsh fish bat cmd ps1 sql lua r m ino tex bib diff patch lock gitignore dockerfile makefile service ' +
    'srt vtt ics vcf pem crt csr pub asc nfo reg desktop tf hcl proto graphql'
  ).split(' '),
)

/** Drawn small in the rows; an SVG would have to be drawn as a document first. */
const thumbnailEndings = new Set(['png', 'jpg', 'jpeg', 'gif', 'webp', 'avif', 'bmp'])
const maxThumbnailSource = 4 * 1024 * 1024

export function endingOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return (dot === -1 ? name : name.slice(dot + 1)).toLowerCase()
}

export function kindOf(name: string): FileKind {
  const ending = endingOf(name)
  if (Object.hasOwn(imageTypes, ending)) return 'image'
  if (ending === 'pdf') return 'pdf'
  if (ending === 'csv' || ending === 'tsv') return 'csv'
  return textEndings.has(ending) ? 'text' : 'other'
}

/** Media type of an image, by its name. */
export function imageTypeOf(name: string): string | undefined {
  const ending = endingOf(name)
  return Object.hasOwn(imageTypes, ending) ? imageTypes[ending] : undefined
}

/** `size` in bytes. */
export function hasThumbnail(name: string, size: number): boolean {
  return size > 0 && size <= maxThumbnailSource && thumbnailEndings.has(endingOf(name))
}
