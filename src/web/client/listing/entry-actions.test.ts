import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DirectoryRights, FileEntry } from '../../../contract/file.ts'
import { refusalOf as refusalOfSummary, summaryOf, type EntryAction } from './entry-actions.ts'

const all: DirectoryRights = {
  ...{ list: true, download: true, upload: true, overwrite: true, create_dirs: true, copy: true },
  ...{ rename_files: true, rename_dirs: true, delete_files: true, delete_dirs: true },
}
const file: FileEntry = { name: 'f', type: 'file', size: 1, modified: 1 }
const directory: FileEntry = { name: 'd', type: 'directory', size: 0, modified: 1 }

const refusalOf = (action: EntryAction, entries: readonly FileEntry[], rights: DirectoryRights | undefined) =>
  refusalOfSummary(action, summaryOf(entries), rights)

describe('actions on entries', () => {
  it('are open to those with every right', () => {
    for (const action of ['download', 'move', 'copy', 'delete'] as const)
      assert.equal(refusalOf(action, [file, directory], all), undefined)
    assert.equal(refusalOf('rename', [file], all), undefined)
  })

  it('tell files and directories apart', () => {
    const rights = { ...all, delete_dirs: false, rename_files: false }
    assert.equal(refusalOf('delete', [file], rights), undefined)
    assert.equal(refusalOf('delete', [file, directory], rights), 'files.why.permission')
    assert.equal(refusalOf('rename', [directory], rights), undefined)
    assert.equal(refusalOf('move', [file], rights), 'files.why.permission')
  })

  it('leave mounted folders in their place, and can copy and download them', () => {
    const fixed = { ...directory, fixed: true } as const
    for (const action of ['rename', 'move', 'delete'] as const)
      assert.equal(refusalOf(action, [fixed], all), 'files.why.fixed')
    assert.equal(refusalOf('copy', [fixed], all), undefined)
    assert.equal(refusalOf('download', [fixed], all), undefined)
  })

  it('are refused where the name patterns refuse', () => {
    assert.equal(refusalOf('download', [{ ...file, denied: true }], all), 'files.why.denied')
  })

  it('rename one at a time, and nothing is done with nothing', () => {
    assert.equal(refusalOf('rename', [file, directory], all), 'files.why.one')
    assert.equal(refusalOf('delete', [], all), 'files.why.nothing')
    assert.equal(refusalOf('delete', [file], undefined), 'files.why.loading')
  })

  it('know how much is chosen', () => {
    const { count, directories, bytes } = summaryOf([file, directory, { ...file, size: 41 }])
    assert.deepEqual({ count, directories, bytes }, { count: 3, directories: 1, bytes: 42 })
  })
})
