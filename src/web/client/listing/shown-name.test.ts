import assert from 'node:assert/strict'
import { it } from 'node:test'
import { shownName } from './shown-name.ts'

it('a name is shown on one line, with a sign for everything that cannot be seen', () => {
  assert.equal(shownName('plain ñ 日本.txt'), 'plain ñ 日本.txt')
  assert.equal(shownName('a\nb\r\tc\u0007\u007f'), 'a␊b␍␉c␇␡')
  assert.equal(shownName('photo\u202Egnp.exe'), 'photo�gnp.exe')
  assert.equal(shownName('half \uD800 pair'), 'half � pair')
  assert.equal(shownName('<b>"\'&'), '<b>"\'&')
})
