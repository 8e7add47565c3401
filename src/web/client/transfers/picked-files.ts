/** A file as somebody chose or dropped it: `path` is relative, with the folders it came in. */
export interface PickedFile {
  readonly path: string
  readonly file: File
}

export interface PickedFiles {
  readonly files: readonly PickedFile[]
  /** Relative paths of all folders, parents first; empty ones are made as well. */
  readonly folders: readonly string[]
}

/** What somebody dropped, and how many files and folders of it the browser could not read. */
export interface DroppedFiles extends PickedFiles {
  readonly unread: number
}

interface Collected {
  readonly files: PickedFile[]
  readonly folders: string[]
  unread: number
}

/** Of an input element; of one for folders the browser tells the paths. */
export function pickedFromInput(list: Iterable<File>): PickedFiles {
  const files = [...list].map((file) => ({
    path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath,
    file,
  }))
  return { files, folders: foldersOf(files) }
}

/** The folders that files lie in, parents first. */
export function foldersOf(files: readonly Pick<PickedFile, 'path'>[]): string[] {
  const folders = new Set<string>()
  for (const { path } of files)
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1))
      folders.add(path.slice(0, end))
  return [...folders]
}

/** The entries have to be taken while the event is dealt with; their contents may be read later. */
export async function pickedFromDrop(transfer: DataTransfer): Promise<DroppedFiles> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  if (entries.length === 0) return { ...pickedFromInput(transfer.files), unread: 0 }
  const picked = { files: [] as PickedFile[], folders: [] as string[], unread: 0 }
  for (const entry of entries) await collectReadable(entry, '', picked)
  return picked
}

/** One that cannot be read keeps none of the others back. */
async function collectReadable(entry: FileSystemEntry, above: string, picked: Collected): Promise<void> {
  try {
    await collect(entry, above, picked)
  } catch {
    picked.unread++
  }
}

async function collect(entry: FileSystemEntry, above: string, picked: Collected): Promise<void> {
  const path = above + entry.name
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject))
    picked.files.push({ path, file })
  } else if (isDirectory(entry)) {
    picked.folders.push(path)
    const reader = entry.createReader()
    // A reader tells a hundred at a time, and nothing at the end.
    for (;;) {
      const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      )
      if (batch.length === 0) return
      for (const child of batch) await collectReadable(child, `${path}/`, picked)
    }
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}
