import { literalPattern } from '../../core/accounts/glob.ts'

const maxCommandLength = 16 * 1024

/**
 * The words of a command line as a shell would cut it, with quotes and backslashes and nothing else: no variable,
 * pattern or substitution means anything here. Undefined for a quote without an end.
 */
export function commandWords(command: string): readonly string[] | undefined {
  return cut(command)?.map((word) => unquote(word, (text) => text))
}

/** The same words for who finds files by patterns: what was quoted stands for itself. */
export function commandPatterns(command: string): readonly string[] | undefined {
  return cut(command)?.map((word) => unquote(word, literalPattern))
}

/** The words with their quotes. */
function cut(command: string): readonly string[] | undefined {
  if (command.length > maxCommandLength) return undefined
  const words: string[] = []
  // Unicode has more spaces (U+202F in the names of macOS's screenshots), which no shell cuts at.
  const pattern = /[ \t\n]*((?:[^ \t\n'"\\]|'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^])+)[ \t\n]*/gy
  let end = 0
  for (let match = pattern.exec(command); match; match = pattern.exec(command)) {
    words.push(match[1] ?? '')
    end = pattern.lastIndex
  }
  return /^[ \t\n]*$/.test(command.slice(end)) ? words : undefined
}

function unquote(word: string, quoted: (text: string) => string): string {
  return word.replace(
    /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])/g,
    (_all, single?: string, double?: string, escaped?: string) => {
      if (single !== undefined) return quoted(single)
      if (double !== undefined) return quoted(double.replace(/\\(["\\$`])/g, '$1'))
      return escaped === '\n' ? '' : quoted(escaped ?? '')
    },
  )
}
