import type { UserFilesystem } from '../../core/files/user-filesystem.ts'
import { parseVirtualPath, type VirtualPath } from '../../core/files/virtual-path.ts'
import type { ExecStream } from './exec-stream.ts'

/** A call of scp by another scp: -f sends files from here, -t takes files in. */
export interface ScpRequest {
  readonly direction: 'from-us' | 'to-us'
  readonly isRecursive: boolean
  readonly keepsAttributes: boolean
  readonly wantsDirectory: boolean
  readonly paths: readonly string[]
  /** The same, as a shell would look for them. */
  readonly patterns: readonly string[]
}

const maxMessageBytes = 1024

/** Undefined for what no scp would send. `patterns` are the parameters with what was quoted in them. */
export function parseScp(parameters: readonly string[], patterns: readonly string[]): ScpRequest | undefined {
  const flags = new Set<string>()
  let index = 0
  for (; index < parameters.length; index++) {
    const parameter = parameters[index] ?? ''
    if (parameter === '--') {
      index++
      break
    }
    if (!parameter.startsWith('-') || parameter === '-') break
    for (const letter of parameter.slice(1)) flags.add(letter)
  }
  const paths = parameters.slice(index)
  const isKnown = [...flags].every((letter) => 'dfprtvq'.includes(letter))
  if (!isKnown || flags.has('f') === flags.has('t') || paths.length === 0) return undefined
  if (flags.has('t') && paths.length !== 1) return undefined
  return {
    direction: flags.has('f') ? 'from-us' : 'to-us',
    isRecursive: flags.has('r'),
    keepsAttributes: flags.has('p'),
    wantsDirectory: flags.has('d'),
    paths,
    patterns: patterns.slice(index),
  }
}

export function scpPath(files: UserFilesystem, text: string): VirtualPath {
  return parseVirtualPath(fromStart(text), files.startDirectory)
}

/** '~' is where a session begins. */
export function fromStart(text: string): string {
  return text.replace(/^~(?=\/|$)/, '.')
}

/** What the other side says to what it was sent: a warning lets it go on without this file. */
export type ScpReply =
  { readonly kind: 'ok' } | { readonly kind: 'warning' | 'fatal'; readonly message: string }

export async function readReply(stream: ExecStream): Promise<ScpReply> {
  const first = await stream.read(1)
  if (!first) return { kind: 'fatal', message: 'The connection was lost' }
  if (first[0] === 0) return { kind: 'ok' }
  const message = (await stream.readLine(maxMessageBytes))?.toString() ?? ''
  return { kind: first[0] === 1 ? 'warning' : 'fatal', message }
}

/** Tells the other side of a failure that concerns one file alone. */
export function sendWarning(stream: ExecStream, name: string, message: string): Promise<void> {
  const text = `scp: ${name}: ${message}`.replaceAll(/[\r\n]/g, ' ')
  return stream.write(`\x01${text.slice(0, maxMessageBytes)}\n`)
}
