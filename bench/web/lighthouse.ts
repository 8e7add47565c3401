import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../../test/support/run-program.ts'

export type Preset = 'desktop' | 'mobile'

/** What Lighthouse found on one page. Scores are 0 to 100. */
export interface Finding {
  readonly landedOn: string
  /** True of a page that wants somebody to sign in. */
  readonly asksForPassword: boolean
  readonly performance: number
  readonly accessibility: number
  readonly bestPractices: number
  readonly firstPaintMs: number
  readonly largestPaintMs: number
  readonly blockedMs: number
  readonly shift: number
  readonly transferredBytes: number
  /** Audits of accessibility and best practices that cost points. */
  readonly faults: readonly string[]
}

const folder = import.meta.dirname

/** Installs what the bench's own lock file says, unless it is there. */
export async function installLighthouse(): Promise<void> {
  if (existsSync(join(folder, 'node_modules/lighthouse'))) return
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const { isOk, stderr } = await runProgram('npm', args, { cwd: folder, timeoutMs: 180_000 })
  if (!isOk) throw new Error(`Lighthouse cannot be installed: ${stderr}`)
}

/** A page to look at, in the browser that listens on `port`. */
export interface Visit {
  readonly url: string
  readonly preset: Preset
  readonly port: number
  /** Whether the browser is signed in there; the page has to show it. */
  readonly isSignedIn: boolean
}

/** @throws when it cannot look at the page, or sees another one */
export async function inspect({ url, preset, port, isSignedIn }: Visit): Promise<Finding> {
  const args = [join(folder, 'run-lighthouse.mjs'), JSON.stringify({ url, preset, port })]
  const { isOk, stdout, stderr } = await runProgram(process.execPath, args, { timeoutMs: 180_000 })
  if (!isOk) throw new Error(`Lighthouse failed on ${url}: ${stderr}`)
  const { error, ...finding } = JSON.parse(stdout) as Finding & { readonly error: string }
  if (error !== '') throw new Error(`Lighthouse cannot look at ${url}: ${error}`)
  if (new URL(finding.landedOn).pathname !== new URL(url).pathname)
    throw new Error(`${url} leads to ${finding.landedOn}`)
  if (finding.asksForPassword === isSignedIn)
    throw new Error(`${url} ${isSignedIn ? 'asks for a password' : 'does not ask for a password'}`)
  return finding
}

/** The run whose performance is in the middle. */
export function medianOf(findings: readonly Finding[]): Finding | undefined {
  return findings.toSorted((a, b) => a.performance - b.performance)[Math.floor(findings.length / 2)]
}
