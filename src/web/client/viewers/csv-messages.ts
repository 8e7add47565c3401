/** What the page asks: the beginning of a file. */
export interface CsvOrder {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The file goes on: the last line may be cut. */
  readonly isPart: boolean
}

/** Some rows, in their order. */
export interface CsvRows {
  readonly rows: readonly (readonly string[])[]
  readonly isLast: boolean
}
