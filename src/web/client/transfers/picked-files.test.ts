import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pickedFromDrop } from './picked-files.ts'

type Reads<T> = (resolve: (value: T) => void, reject: (error: unknown) => void) => void

const fileEntry = (name: string, file: Reads<File>) => ({ name, isFile: true, file })
const readable = (name: string) => fileEntry(name, (resolve) => resolve(new File(['x'], name)))
const unreadable = (name: string) => fileEntry(name, (_, reject) => reject(new Error('NotFoundError')))

function folder(name: string, children: readonly object[], isListed = true) {
  let batches = [children, []]
  const readEntries: Reads<readonly object[]> = (resolve, reject) => {
    if (!isListed) return reject(new Error('NotReadableError'))
    const [batch = [], ...rest] = batches
    batches = rest
    resolve(batch)
  }
  return { name, isDirectory: true, createReader: () => ({ readEntries }) }
}

const dropOf = (...entries: readonly object[]) =>
  ({ items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })) }) as unknown as DataTransfer

describe('what was dropped', () => {
  it('is taken without what cannot be read, which is counted', async () => {
    const tree = folder('tree', [
      unreadable('gone'),
      readable('a'),
      folder('closed', [], false),
      readable('b'),
    ])
    const { files, folders, unread } = await pickedFromDrop(dropOf(tree, unreadable('c'), readable('d')))
    assert.deepEqual(
      files.map(({ path }) => path),
      ['tree/a', 'tree/b', 'd'],
    )
    assert.deepEqual(folders, ['tree', 'tree/closed'])
    assert.equal(unread, 3)
  })
})
