/** A directory of the server, or a whole storage, that users can have mounted at a virtual path. */
export interface Folder {
  readonly id: number
  readonly name: string
  readonly mappedPath: string
  readonly description: string
  readonly usedQuotaSize: number
  readonly usedQuotaFiles: number
  readonly lastQuotaUpdate: number
  /** Names of the users that have it mounted. */
  readonly users: readonly string[]
}

export type FolderSettings = Pick<Folder, 'name' | 'mappedPath' | 'description'>

/** New settings; it stays where it lies unless a place is given. */
export type FolderChange = Omit<FolderSettings, 'mappedPath'> & { readonly mappedPath?: string | undefined }
