const maxCommandLength = 16 * 1024

/**
 * The words of a command line as a shell would cut it, with quotes and backslashes and nothing else: no variable,
 * pattern or substitution means anything here. Undefined for a quote without an end.
 */
export function commandWords(command: string): readonly string[] | undefined {
  if (command.length > maxCommandLength) return undefined
  const words: string[] = []
  const pattern = /\s*((?:[^\s'"\\]|'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^])+)\s*/gy
  let end = 0
  for (let match = pattern.exec(command); match; match = pattern.exec(command)) {
    words.push(unquote(match[1] ?? ''))
    end = pattern.lastIndex
  }
  return command.slice(end).trim() === '' ? words : undefined
}

function unquote(word: string): string {
  return word.replace(
    /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])/g,
    (_all, single?: string, double?: string, escaped?: string) => {
      if (single !== undefined) return single
      if (double !== undefined) return double.replace(/\\(["\\$`])/g, '$1')
      return escaped === '\n' ? '' : (escaped ?? '')
    },
  )
}
