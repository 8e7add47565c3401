import { isWithin, nameOf, parentOf, rootPath, type VirtualPath } from '../../../core/files/virtual-path.ts'

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

/**
 * What an entry is called in an archive of entries below `base`. A backslash would be read as a slash, a letter with
 * a colon as a drive, and both could lead out of where the archive is unpacked: look-alikes stand for them.
 */
export function entryName(base: VirtualPath, path: VirtualPath): string {
  return path
    .slice(base === '/' ? 1 : base.length + 1)
    .toWellFormed()
    .replaceAll('\\', '\uff3c')
    .replace(/^([a-zA-Z]):/, '$1\uff1a')
    .replaceAll(/\p{Cc}/gu, pictureOf)
}

/** The sign that Unicode has for a control character. */
function pictureOf(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd'
}
