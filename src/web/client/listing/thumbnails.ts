import type { FileEntry } from '../../../contract/file.ts'
import { readBytes } from '../../shared/api.ts'
import { imageTypeOf } from './file-kind.ts'

/** Pixels; twice what is shown, for dense screens. */
const edge = 96
const maxAtOnce = 3
const maxKept = 300

/** Small pictures in memory, the one that was shown longest ago first. */
const kept = new Map<string, string>()
/** Those that have no picture, so that nobody asks again. */
const hopeless = new Set<string>()
const waiting: (() => void)[] = []
let running = 0

/** The address of a small picture of an image. @throws when it cannot be drawn, or `signal` says to stop */
export async function thumbnailOf(path: string, entry: FileEntry, signal: AbortSignal): Promise<string> {
  const key = keyOf(path, entry)
  const known = keptThumbnail(path, entry)
  if (known !== undefined) return known
  if (hopeless.has(key)) throw new Error('this image cannot be drawn')
  await turn()
  try {
    signal.throwIfAborted()
    return keep(key, await draw(path, entry, signal))
  } catch (error) {
    if (!signal.aborted) hopeless.add(key)
    throw error
  } finally {
    running--
    waiting.shift()?.()
  }
}

export function keptThumbnail(path: string, entry: FileEntry): string | undefined {
  const key = keyOf(path, entry)
  const url = kept.get(key)
  if (url === undefined) return undefined
  kept.delete(key)
  kept.set(key, url)
  return url
}

function keyOf(path: string, { size, modified }: FileEntry): string {
  return `${size} ${modified} ${path}`
}

async function turn(): Promise<void> {
  if (running >= maxAtOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  running++
}

function keep(key: string, url: string): string {
  kept.set(key, url)
  const [oldest] = kept
  if (kept.size > maxKept && oldest) {
    kept.delete(oldest[0])
    URL.revokeObjectURL(oldest[1])
  }
  return url
}

async function draw(path: string, { name, size }: FileEntry, signal: AbortSignal): Promise<string> {
  const bytes = await readBytes('user/files/read', { body: { path, offset: 0, length: size }, signal })
  const blob = new Blob([bytes], { type: imageTypeOf(name) ?? '' })
  const image = await createImageBitmap(blob, { resizeHeight: edge, resizeQuality: 'medium' })
  try {
    // The middle of a wide one.
    const width = Math.min(image.width, edge)
    const canvas = new OffscreenCanvas(width, edge)
    canvas.getContext('2d')?.drawImage(image, (width - image.width) / 2, 0)
    return URL.createObjectURL(await canvas.convertToBlob())
  } finally {
    image.close()
  }
}
