/** What the editor shows. */
export type EditorTarget =
  { readonly kind: 'new' } | { readonly kind: 'edit' | 'copy'; readonly name: string }

/** No name of a user holds a slash: what stands before one is never part of a name. */
const copyPrefix = 'copy/'

export function readTarget(detail: string): EditorTarget {
  if (detail === '') return { kind: 'new' }
  if (detail.startsWith(copyPrefix)) return { kind: 'copy', name: detail.slice(copyPrefix.length) }
  return { kind: 'edit', name: detail }
}

export function copyDetail(name: string): string {
  return `${copyPrefix}${name}`
}
