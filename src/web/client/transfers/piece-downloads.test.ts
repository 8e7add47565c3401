import assert from 'node:assert/strict'
import { before, describe, it, mock } from 'node:test'
import { waitUntil } from '../../../../test/support/wait-until.ts'
import type { OwnDownload } from './piece-download.ts'

const pieceBytes = 4 * 1024 * 1024

/** Files as the server has them; `onRead` may change them before a piece is read. */
const files = new Map<string, { content: Buffer; state: number }>()
let onRead: (() => void) | undefined

function write(path: string, content: Buffer): void {
  files.set(path, { content, state: (files.get(path)?.state ?? 0) + 1 })
}

function answer(url: string, { headers, body }: RequestInit): Response {
  const asked = typeof body === 'string' ? (JSON.parse(body) as Record<string, unknown>) : {}
  const path = String(asked['path'] ?? '/file')
  if (url.endsWith('/stat'))
    return Response.json({ type: 'file', size: files.get(path)?.content.length, modified: 0 })
  onRead?.()
  const { content, state } = files.get(path) ?? { content: Buffer.alloc(0), state: 0 }
  const marks = { ETag: `"${state}"` }
  if (url.endsWith('/read')) {
    const offset = Number(asked['offset'])
    return new Response(new Uint8Array(content.subarray(offset, offset + Number(asked['length']))), {
      headers: marks,
    })
  }
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(new Headers(headers).get('Range') ?? '') ?? []
  const start = Number(first)
  if (start >= content.length)
    return new Response(null, { status: 416, headers: { 'Content-Range': `bytes */${content.length}` } })
  const piece = new Uint8Array(content.subarray(start, Number(last) + 1))
  const range = `bytes ${start}-${start + piece.length - 1}/${content.length}`
  return new Response(piece, { status: 206, headers: { ...marks, 'Content-Range': range } })
}

/** What was saved, or the code of what is told instead. */
async function outcomeOf(start: (save: (blob: Blob) => void) => OwnDownload): Promise<Buffer | string> {
  let saved: Blob | undefined
  const download = start((blob) => (saved = blob))
  await waitUntil('the end of the download', () => download.state !== 'active')
  return saved ? Buffer.from(await saved.arrayBuffer()) : String(download.error)
}

describe('files that change while the page fetches them in pieces', () => {
  let fetchFile: (size: number) => Promise<Buffer | string>
  let fetchArchive: (paths: readonly string[]) => Promise<Buffer | string>

  before(async () => {
    Object.assign(globalThis, { location: { href: 'http://localhost/web/client/files' } })
    mock.method(globalThis, 'fetch', async (url: string, init: RequestInit) => answer(url, init))
    const { PieceDownload } = await import('./piece-download.ts')
    const { PieceArchive } = await import('./piece-archive.ts')
    fetchFile = (size) =>
      outcomeOf((save) => new PieceDownload({ name: 'file', url: 'x', size }, () => undefined, save))
    fetchArchive = (paths) => outcomeOf((save) => new PieceArchive('a.zip', paths, () => undefined, save))
  })

  it('come as large as they are by the time they are read', async () => {
    write('/file', Buffer.alloc(pieceBytes * 2 + 7, 'new'))
    onRead = undefined
    assert.deepEqual(await fetchFile(pieceBytes + 1), files.get('/file')?.content)
    assert.deepEqual(await fetchFile(pieceBytes * 3), files.get('/file')?.content)
  })

  it('are begun anew when they were replaced, by a shorter one too', async () => {
    for (const size of [pieceBytes * 3 + 1, pieceBytes - 1]) {
      write('/file', Buffer.alloc(pieceBytes * 2, 'old'))
      let reads = 0
      onRead = () => {
        if (++reads === 2) write('/file', Buffer.alloc(size, 'new'))
      }
      assert.deepEqual(await fetchFile(pieceBytes * 2), files.get('/file')?.content)
    }
  })

  it('are told to change when they do so all the time', async () => {
    write('/file', Buffer.alloc(pieceBytes * 2, 'old'))
    let reads = 0
    onRead = () => {
      reads++
      write('/file', Buffer.alloc(pieceBytes * 2 + reads, 'log'))
    }
    assert.equal(await fetchFile(pieceBytes * 2), 'failure.changing')
    assert.equal(reads, 6)
  })

  it('are of one state in a ZIP, or left out of it', async () => {
    write('/d.bin', Buffer.alloc(pieceBytes + 9, 'old'))
    write('/other', Buffer.from('other'))
    let reads = 0
    onRead = () => {
      if (++reads === 2) write('/d.bin', Buffer.alloc(pieceBytes * 2 + 5, 'new'))
    }
    const zip = await fetchArchive(['/d.bin', '/other'])
    assert.ok(Buffer.isBuffer(zip) && zip.includes(files.get('/d.bin')?.content ?? ''))
    assert.ok(!zip.includes('oldold') && zip.includes('other'))

    onRead = () => write('/d.bin', Buffer.alloc(pieceBytes + 9, 'log'))
    const rest = await fetchArchive(['/d.bin', '/other'])
    assert.ok(Buffer.isBuffer(rest) && rest.includes('other') && !rest.includes('loglog'))
  })
})
