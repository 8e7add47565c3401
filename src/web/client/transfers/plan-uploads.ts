import type { UnfinishedUpload } from '../../../contract/file.ts'
import { joinPath, nameOf, parentOf } from '../listing/paths.ts'
import { freeName, type ConflictChoice } from './conflicts.ts'
import type { PickedFile, PickedFiles } from './picked-files.ts'
import type { UploadOrder } from './upload-queue.ts'

export interface PlanParts {
  readonly namesIn: (directory: string) => Promise<Iterable<string>>
  readonly makeDirectory: (path: string) => Promise<void>
  /** Asked once for all files whose name is taken; undefined: nothing is to be uploaded. */
  readonly ask: (paths: readonly string[]) => Promise<ConflictChoice | undefined>
  /** Uploads that began before, and can be gone on with by the same file. */
  readonly unfinished: readonly UnfinishedUpload[]
  readonly isSameFile: (upload: UnfinishedUpload, file: File) => Promise<boolean>
}

/** Makes the folders, and decides where each file goes before a byte of any is sent. */
export async function planUploads(
  { files, folders }: PickedFiles,
  directory: string,
  parts: PlanParts,
): Promise<UploadOrder[]> {
  const names = new KnownNames(parts.namesIn)
  const resumed: UploadOrder[] = []
  const others: PickedFile[] = []
  const unfinished = new Set(parts.unfinished)
  for (const { path: relative, file } of files) {
    const path = joinPath(directory, relative)
    const upload = await findUnfinished(path, file, unfinished, parts)
    if (!upload) {
      others.push({ path, file })
      continue
    }
    unfinished.delete(upload)
    resumed.push({ path, file, overwrite: false, resumeId: upload.id })
  }
  if (others.length > 0 || files.length === 0)
    for (const folder of folders) await makeFolder(joinPath(directory, folder), names, parts)
  for (const { path } of others) await names.load(parentOf(path))
  const conflicts = others.filter(({ path }) => names.has(path))
  const choice = conflicts.length === 0 ? 'skip' : await parts.ask(conflicts.map(({ path }) => path))
  if (choice === undefined) return []
  return [...resumed, ...others.flatMap((picked) => ordersOf(picked, choice, names))]
}

/** What is in the directories that are uploaded to; each is looked at once. */
class KnownNames {
  readonly #names = new Map<string, Set<string>>()
  readonly #namesIn: PlanParts['namesIn']

  constructor(namesIn: PlanParts['namesIn']) {
    this.#namesIn = namesIn
  }

  async load(directory: string): Promise<void> {
    if (!this.#names.has(directory)) this.#names.set(directory, new Set(await this.#namesIn(directory)))
  }

  has(path: string): boolean {
    return this.#names.get(parentOf(path))?.has(nameOf(path)) === true
  }

  add(path: string): void {
    this.#names.get(parentOf(path))?.add(nameOf(path))
  }

  setEmpty(directory: string): void {
    this.#names.set(directory, new Set())
  }
}

async function makeFolder(path: string, names: KnownNames, { makeDirectory }: PlanParts): Promise<void> {
  await names.load(parentOf(path))
  if (names.has(path)) return
  await makeDirectory(path)
  names.add(path)
  names.setEmpty(path)
}

/** At its own place alone: a file of that name and size that was going elsewhere may be another one. */
async function findUnfinished(
  path: string,
  file: File,
  unfinished: ReadonlySet<UnfinishedUpload>,
  { isSameFile }: PlanParts,
): Promise<UnfinishedUpload | undefined> {
  for (const upload of unfinished)
    if (upload.path === path && upload.size === file.size && (await isSameFile(upload, file))) return upload
  return undefined
}

function ordersOf({ path, file }: PickedFile, choice: ConflictChoice, names: KnownNames): UploadOrder[] {
  if (!names.has(path)) return [{ path, file, overwrite: false }]
  if (choice === 'skip') return []
  if (choice === 'replace') return [{ path, file, overwrite: true }]
  const directory = parentOf(path)
  const free = joinPath(
    directory,
    freeName(nameOf(path), (candidate) => names.has(joinPath(directory, candidate))),
  )
  names.add(free)
  return [{ path: free, file, overwrite: false }]
}
