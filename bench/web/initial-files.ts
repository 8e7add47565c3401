import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'

/** What a browser loads before an app can show anything. */
export interface InitialFiles {
  readonly names: readonly string[]
  /** As they travel with gzip. */
  readonly scriptBytes: number
  readonly styleBytes: number
}

const linked =
  /<(?:script\b[^>]*?\bsrc|link\b(?=[^>]*\brel="(?:stylesheet|modulepreload)")[^>]*?\bhref)="([^"]+)"/g
/** Static imports and re-exports of a built module; dynamic ones have a bracket. */
const imported = /\b(?:import|from)\s*"(\.[^"]+)"/g

/** Scripts, styles and all that they import statically, of a page as the build left it. */
export async function initialFiles(webDirectory: string, page: string): Promise<InitialFiles> {
  const html = await readFile(join(webDirectory, page), 'utf8')
  const found = new Map<string, number>()
  const waiting = addressesIn(html, linked).map((address) => join(webDirectory, address))
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue
    const source = await readFile(file)
    found.set(file, gzipSync(source, { level: 9 }).length)
    if (!file.endsWith('.js')) continue
    for (const address of addressesIn(source.toString(), imported)) waiting.push(join(dirname(file), address))
  }
  const bytesOf = (ending: string) =>
    [...found].reduce((sum, [file, bytes]) => (file.endsWith(ending) ? sum + bytes : sum), 0)
  return {
    names: [...found.keys()].map((file) => relative(webDirectory, file)).sort(),
    scriptBytes: bytesOf('.js'),
    styleBytes: bytesOf('.css'),
  }
}

function addressesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, address = '']) => address)
}
