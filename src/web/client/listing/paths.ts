/** A virtual path is absolute, begins with '/', and ends without one unless it is the root. */
export function joinPath(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}

export function parentOf(path: string): string {
  const end = path.lastIndexOf('/')
  return end <= 0 ? '/' : path.slice(0, end)
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** What an address or an older bookmark says, as the one path it means; '..' goes up and never out. */
export function normalPath(text: string): string {
  const parts: string[] = []
  for (const part of text.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** True for `directory` itself and for everything below it. */
export function isWithin(directory: string, path: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`)
}

export interface Crumb {
  readonly name: string
  readonly path: string
}

/** The directories from below the root down to `path`. */
export function crumbsOf(path: string): Crumb[] {
  const crumbs: Crumb[] = []
  let at = '/'
  for (const name of path.split('/')) {
    if (name === '') continue
    at = joinPath(at, name)
    crumbs.push({ name, path: at })
  }
  return crumbs
}
