import {
  isWithin,
  joinPath,
  nameOf,
  parentOf,
  rootPath,
  type VirtualPath,
} from '../../../core/files/virtual-path.ts'

/** The deepest directory that all of `paths` are in. */
export function commonParent(paths: readonly VirtualPath[]): VirtualPath {
  let common: VirtualPath | undefined
  for (const path of paths) {
    common ??= parentOf(path)
    while (!isWithin(common, parentOf(path))) common = parentOf(common)
  }
  return common ?? rootPath
}

/** What an archive of these is called: like the one thing in it, else like the directory they are in. */
export function archiveName(paths: readonly VirtualPath[]): string {
  const named = paths.length === 1 ? paths[0] : commonParent(paths)
  const name = named === undefined ? '' : nameOf(named)
  return `${name === '' ? 'files' : name}.zip`
}

/** Gives each path below `base` the name of its entry in an archive, and none to two. */
export class EntryNames {
  readonly #base: VirtualPath
  readonly #isThere: (path: VirtualPath) => Promise<boolean>
  /** Only what had to get another name; most archives have nothing of the kind. */
  readonly #changed = new Map<VirtualPath, string>()
  readonly #given = new Set<string>()
  /** One for all: many that would have one name do not begin from 2 each. */
  #count = 1

  /** `isThere` tells whether a path is taken: what needs no other name keeps its own. */
  constructor(base: VirtualPath, isThere: (path: VirtualPath) => Promise<boolean>) {
    this.#base = base
    this.#isThere = isThere
  }

  async nameOf(path: VirtualPath): Promise<string> {
    const plain = path.slice(this.#base === '/' ? 1 : this.#base.length + 1)
    if (plain === '' || (this.#changed.size === 0 && safeName(plain) === plain)) return plain
    const known = this.#changed.get(path)
    if (known !== undefined) return known
    const directory = parentOf(path)
    const above = await this.nameOf(directory)
    const within = (name: string): string => (above === '' ? name : `${above}/${name}`)
    const own = nameOf(path)
    const safe = safeName(within(own)).slice(within('').length)
    const isTaken = async (name: string): Promise<boolean> =>
      this.#given.has(within(name)) || (name !== own && (await this.#isThere(joinPath(directory, name))))
    let name = safe
    while (await isTaken(name)) name = numbered(safe, ++this.#count)
    if (name !== own) {
      this.#given.add(within(name))
      this.#changed.set(path, within(name))
    }
    return within(name)
  }
}

/**
 * A backslash would be read as a slash, a letter with a colon as a drive, and both could lead out of where the archive
 * is unpacked: look-alikes stand for them.
 */
function safeName(name: string): string {
  return name
    .toWellFormed()
    .replaceAll('\\', '\uff3c')
    .replace(/^([a-zA-Z]):/, '$1\uff1a')
    .replaceAll(/\p{Cc}/gu, pictureOf)
}

/** `report (2).txt` */
function numbered(name: string, count: number): string {
  return name.replace(/(?<=.)(\.[^.]*)?$/, ` (${count})$&`)
}

/** The sign that Unicode has for a control character. */
function pictureOf(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd'
}
