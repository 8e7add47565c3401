/** What to do with files whose name is taken, asked once for all of them. */
export type ConflictChoice = 'replace' | 'keep' | 'skip'

/** 'report.pdf' → 'report (2).pdf', or the next number that is free. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name
  const dot = name.lastIndexOf('.')
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  for (let number = 2; ; number++) {
    const candidate = `${stem} (${number})${ending}`
    if (!isTaken(candidate)) return candidate
  }
}
