/** One character of a pattern, or a run of any characters. */
type Token = '*' | ((char: string) => boolean)

export interface Glob {
  test(text: string): boolean
}

const compiled = new Map<string, Glob>()
const maxCompiled = 1000

/**
 * Shell patterns as path.Match of Go defines them: '*' and '?' stop at '/', '[a-z]' and '[^a-z]' are classes, '\'
 * quotes. Matching takes at most pattern times text steps, whatever an account's patterns look like.
 */
export function compileGlob(pattern: string, options: { ignoreCase?: boolean } = {}): Glob {
  const ignoreCase = options.ignoreCase ?? false
  const cacheKey = `${ignoreCase ? 'i' : 's'}${pattern}`
  const known = compiled.get(cacheKey)
  if (known) return known
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text)
  const tokens = parse(fold(pattern))
  const glob = { test: (text: string) => matches(tokens, [...fold(text)]) }
  if (compiled.size >= maxCompiled) compiled.clear()
  compiled.set(cacheKey, glob)
  return glob
}

/** Finds names of a directory as a shell does: a hidden one only where the pattern begins with a dot. */
export function compileNameGlob(pattern: string): Glob {
  const glob = compileGlob(pattern)
  return { test: (name) => (pattern.startsWith('.') || !name.startsWith('.')) && glob.test(name) }
}

/** Whether a pattern can match anything but itself. */
export function isPattern(text: string): boolean {
  return /[*?[]/.test(text.replaceAll(/\\[^]/g, ''))
}

/** The pattern that matches `text` alone. */
export function literalPattern(text: string): string {
  return text.replaceAll(/[*?[\\]/g, '\\$&')
}

/** What a pattern with nothing but literals matches. */
export function literalOf(pattern: string): string {
  return pattern.replaceAll(/\\([^])/g, '$1')
}

/** Only the last star ever has to be tried again: what came before it matched as early as it could. */
function matches(tokens: readonly Token[], text: readonly string[]): boolean {
  let token = 0
  let at = 0
  let star = -1
  let starEnd = 0
  while (at < text.length) {
    const expected = tokens[token]
    const char = text[at] ?? ''
    if (expected === '*') {
      star = token++
      starEnd = at
    } else if (expected?.(char)) {
      token++
      at++
    } else {
      if (star < 0 || text[starEnd] === '/') return false
      at = ++starEnd
      token = star + 1
    }
  }
  while (tokens[token] === '*') token++
  return token === tokens.length
}

function parse(pattern: string): Token[] {
  const chars = [...pattern]
  const tokens: Token[] = []
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? ''
    if (char === '*') tokens.push('*')
    else if (char === '?') tokens.push((c) => c !== '/')
    else if (char === '[' && findClassEnd(chars, i) > 0) {
      const end = findClassEnd(chars, i)
      tokens.push(parseClass(chars.slice(i + 1, end)))
      i = end
    } else tokens.push(literal(char === '\\' && i + 1 < chars.length ? (chars[++i] ?? '') : char))
  }
  return tokens
}

function literal(wanted: string): Token {
  return (char) => char === wanted
}

/** A ']' right after '[' is a member, not the end. -1 without an end: then '[' stands for itself. */
function findClassEnd(chars: readonly string[], start: number): number {
  for (let i = start + 1; i < chars.length; i++) {
    if (chars[i] === '\\') i++
    else if (chars[i] === ']' && i > start + 1) return i
  }
  return -1
}

function parseClass(body: readonly string[]): Token {
  const isNegated = body[0] === '^' || body[0] === '!'
  const members = body.slice(isNegated ? 1 : 0)
  const ranges: [string, string][] = []
  for (let i = 0; i < members.length; i++) {
    if (members[i] === '\\') i++
    const low = members[i] ?? ''
    const isRange = members[i + 1] === '-' && i + 2 < members.length
    if (isRange) i += members[i + 2] === '\\' ? 3 : 2
    ranges.push([low, isRange ? (members[i] ?? '') : low])
  }
  const holds = (char: string) =>
    ranges.some(([low, high]) => compare(low, char) <= 0 && compare(char, high) <= 0)
  return (char) => char !== '/' && holds(char) !== isNegated
}

function compare(a: string, b: string): number {
  return (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0)
}
