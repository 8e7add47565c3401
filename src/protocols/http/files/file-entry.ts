import type { DirectoryRights, FileEntry, FileStat } from '../../../contract/file.ts'
import type { DirectoryRights as Rights } from '../../../core/files/directory-rights.ts'
import type { Entry } from '../../../core/files/storage.ts'
import type { UserFilesystem } from '../../../core/files/user-filesystem.ts'
import type { VirtualPath } from '../../../core/files/virtual-path.ts'

export function toFileEntry(files: UserFilesystem, path: VirtualPath, entry: Entry): FileEntry {
  const { isFixed, isDenied } = files.marksOf(path)
  return {
    name: entry.name,
    type: entry.type,
    size: entry.size,
    modified: entry.modifiedAt,
    ...(isFixed ? { fixed: true } : {}),
    ...(isDenied ? { denied: true } : {}),
  }
}

export function toFileStat(files: UserFilesystem, path: VirtualPath, entry: Entry): FileStat {
  return { ...toFileEntry(files, path, entry), etag: etagOf(entry) }
}

/** A strong validator (RFC 9110 §8.8.3): the time of the last change tells apart what a set time of content does not. */
export function etagOf({ size, modifiedAt, changedAt = 0 }: Entry): string {
  return `"${size.toString(36)}-${modifiedAt.toString(36)}-${changedAt.toString(36)}"`
}

export function toDirectoryRights(rights: Rights): DirectoryRights {
  return {
    list: rights.list,
    download: rights.download,
    upload: rights.upload,
    overwrite: rights.overwrite,
    create_dirs: rights.createDirs,
    rename_files: rights.renameFiles,
    rename_dirs: rights.renameDirs,
    delete_files: rights.deleteFiles,
    delete_dirs: rights.deleteDirs,
    copy: rights.copy,
  }
}
