import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { UnfinishedUpload } from '../../../contract/file.ts'
import type { ConflictChoice } from './conflicts.ts'
import { nameOf, parentOf } from '../listing/paths.ts'
import { foldersOf } from './picked-files.ts'
import { planUploads, type PlanParts } from './plan-uploads.ts'

interface World {
  /** Paths that exist. */
  readonly there?: readonly string[]
  readonly choice?: ConflictChoice
  readonly unfinished?: readonly UnfinishedUpload[]
  readonly isSame?: boolean
}

async function plan(paths: readonly string[], world: World = {}, directory = '/in') {
  const files = paths.map((path) => ({
    path,
    file: new File(['1234'], path.slice(path.lastIndexOf('/') + 1)),
  }))
  const there = new Set(world.there)
  const made: string[] = []
  const looked: string[] = []
  const asked: string[][] = []
  const parts: PlanParts = {
    namesIn: async (at) => {
      looked.push(at)
      return [...there].filter((path) => parentOf(path) === at).map(nameOf)
    },
    makeDirectory: async (path) => {
      made.push(path)
    },
    ask: async (conflicts) => {
      asked.push([...conflicts])
      return world.choice
    },
    unfinished: world.unfinished ?? [],
    isSameFile: async () => world.isSame ?? true,
  }
  const orders = await planUploads({ files, folders: foldersOf(files) }, directory, parts)
  const planned = orders.map(({ path, overwrite, resumeId }) => [path, overwrite, resumeId])
  return { planned, made, asked, looked }
}

const unfinished = (path: string): UnfinishedUpload => ({ id: 'u1', path, size: 4, offset: 2, expires_at: 0 })

describe('a plan of uploads', () => {
  it('makes the folders, parents first, and keeps files in theirs', async () => {
    const { planned, made, asked } = await plan(['a/b/1', 'a/2', '3'])
    assert.deepEqual(made, ['/in/a', '/in/a/b'])
    assert.deepEqual(planned, [
      ['/in/a/b/1', false, undefined],
      ['/in/a/2', false, undefined],
      ['/in/3', false, undefined],
    ])
    assert.deepEqual(asked, [])
  })

  it('asks once for all names that are taken', async () => {
    const there = ['/in/x', '/in/d', '/in/d/y']
    const { asked, planned } = await plan(['x', 'd/y', 'z'], { there, choice: 'replace' })
    assert.deepEqual(asked, [['/in/x', '/in/d/y']])
    assert.deepEqual(planned, [
      ['/in/x', true, undefined],
      ['/in/d/y', true, undefined],
      ['/in/z', false, undefined],
    ])
  })

  it('keeps both by numbers, or skips, or gives up', async () => {
    const there = ['/in/x.txt']
    assert.deepEqual((await plan(['x.txt'], { there, choice: 'keep' })).planned, [
      ['/in/x (2).txt', false, undefined],
    ])
    assert.deepEqual((await plan(['x.txt', 'y'], { there, choice: 'skip' })).planned, [
      ['/in/y', false, undefined],
    ])
    assert.deepEqual((await plan(['x.txt', 'y'], { there })).planned, [])
  })

  it('goes on with an unfinished upload of the same file to the same place', async () => {
    assert.deepEqual((await plan(['f'], { unfinished: [unfinished('/in/f')] })).planned, [
      ['/in/f', false, 'u1'],
    ])
  })

  it('leaves an unfinished upload alone that was going elsewhere, also with the same name and size', async () => {
    const world = { unfinished: [unfinished('/in/a/f')] }
    assert.deepEqual((await plan(['f'], world)).planned, [['/in/f', false, undefined]])
    const { planned, made } = await plan(['a/f', 'b/f'], world)
    assert.deepEqual(planned, [
      ['/in/a/f', false, 'u1'],
      ['/in/b/f', false, undefined],
    ])
    assert.deepEqual(made, ['/in/a', '/in/b'])
  })

  it('goes on with an unfinished upload once', async () => {
    const { planned } = await plan(['f', 'f'], { unfinished: [unfinished('/in/f')] })
    assert.deepEqual(
      planned.map(([, , id]) => id),
      ['u1', undefined],
    )
  })

  it('begins anew with another file of that name', async () => {
    const world = { unfinished: [unfinished('/in/f')], isSame: false }
    assert.deepEqual((await plan(['f'], world)).planned, [['/in/f', false, undefined]])
  })

  it('looks at each folder once, and at none that was not there before', async () => {
    const { planned, made, looked } = await plan(['new/f', 'new/g', 'h'])
    assert.equal(planned.length, 3)
    assert.deepEqual([made, looked], [['/in/new'], ['/in']])
  })

  it('makes no folder that is there', async () => {
    const { made, planned } = await plan(['d/f'], { there: ['/in/d'] })
    assert.deepEqual(made, [])
    assert.deepEqual(planned, [['/in/d/f', false, undefined]])
  })
})
