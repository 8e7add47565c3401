import { compileGlob } from '../accounts/glob.ts'
import type { FilePatterns } from '../accounts/user.ts'
import { isWithin, nameOf, parentOf, type VirtualPath } from './virtual-path.ts'

export type NameVerdict = 'allowed' | 'denied' | 'hidden'

/**
 * Which names a user may see and use. The patterns of the nearest ancestor directory apply: an allowed pattern
 * frees a name, a denied one refuses it, and names that match neither pass only where no allowed list is given.
 */
export class NameRules {
  readonly #rules: ReadonlyMap<VirtualPath, FilePatterns>

  constructor(rules: readonly FilePatterns[]) {
    this.#rules = new Map(rules.map((rule) => [rule.path, rule]))
  }

  judge(path: VirtualPath): NameVerdict {
    if (this.#rules.size === 0 || path === '/') return 'allowed'
    // What lies below a hidden directory is hidden, whatever its own name.
    for (let ancestor = parentOf(path); ancestor !== '/'; ancestor = parentOf(ancestor))
      if (this.#judgeName(ancestor) === 'hidden') return 'hidden'
    return this.#judgeName(path)
  }

  /**
   * True when a name is permitted everywhere or nowhere. "Allow x, deny everything else" permits names by the place that
   * they are in, and so do patterns of one directory beside others.
   */
  get areJudgedAlike(): boolean {
    return [...this.#rules.values()].every((rule) => rule.path === '/' && !deniesTheRest(rule))
  }

  /** True when a directory can move from one path to the other without any name in it falling under other rules. */
  movesUnchanged(from: VirtualPath, to: VirtualPath): boolean {
    for (const place of this.#rules.keys()) if (isWithin(from, place) || isWithin(to, place)) return false
    return this.#nearestRule(from) === this.#nearestRule(to)
  }

  #judgeName(path: VirtualPath): NameVerdict {
    const rule = this.#nearestRule(parentOf(path))
    if (!rule) return 'allowed'
    const name = nameOf(path)
    if (matches(rule.allowedPatterns, name)) return 'allowed'
    if (deniesTheRest(rule) && this.#isBelowFreedChild(rule, path)) return 'allowed'
    if (matches(rule.deniedPatterns, name) || rule.allowedPatterns.length > 0)
      return rule.denyPolicy === 'hidden' ? 'hidden' : 'denied'
    return 'allowed'
  }

  /** "Allow x, deny everything else" frees x with all it holds. */
  #isBelowFreedChild(rule: FilePatterns, path: VirtualPath): boolean {
    for (let ancestor = parentOf(path); ancestor !== '/'; ancestor = parentOf(ancestor))
      if (parentOf(ancestor) === rule.path) return matches(rule.allowedPatterns, nameOf(ancestor))
    return false
  }

  #nearestRule(directory: VirtualPath): FilePatterns | undefined {
    for (let level = directory; ; level = parentOf(level)) {
      const rule = this.#rules.get(level)
      if (rule || level === '/') return rule
    }
  }
}

function deniesTheRest({ deniedPatterns }: FilePatterns): boolean {
  return deniedPatterns.includes('*')
}

function matches(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => compileGlob(pattern, { ignoreCase: true }).test(name))
}
