/** Values by name, as JSON can hold them. All throw FileServerError 'unavailable' when the database does not answer. */
export interface SettingsRepository {
  /** @throws 'storage-failure' for a value that is no JSON */
  list(): Promise<ReadonlyMap<string, unknown>>
  /** Sets or, where the value is undefined, forgets; all or nothing. */
  save(changes: ReadonlyMap<string, unknown>): Promise<void>
}
