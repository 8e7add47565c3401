import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasThumbnail, imageTypeOf, kindOf } from './file-kind.ts'

describe('file kinds', () => {
  it('go by the ending of the name, in any case', () => {
    assert.equal(kindOf('a.PNG'), 'image')
    assert.equal(kindOf('report.pdf'), 'pdf')
    assert.equal(kindOf('data.tsv'), 'csv')
    assert.equal(kindOf('Dockerfile'), 'text')
    assert.equal(kindOf('archive.tar.gz'), 'other')
    assert.equal(kindOf('constructor'), 'other')
  })

  it('HTML is a text like any other', () => {
    assert.equal(kindOf('index.html'), 'text')
    assert.equal(imageTypeOf('index.html'), undefined)
  })

  it('small images alone have a thumbnail', () => {
    assert.ok(hasThumbnail('a.jpg', 1000))
    assert.ok(!hasThumbnail('a.jpg', 5 * 1024 * 1024))
    assert.ok(!hasThumbnail('a.jpg', 0))
    assert.ok(!hasThumbnail('a.svg', 1000))
  })
})
