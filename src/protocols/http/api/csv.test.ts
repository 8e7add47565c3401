import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import papaparse from 'papaparse'
import { csvRow } from './csv.ts'

test('a reader of CSV gets back every cell, whatever is in it', () => {
  const cell = fc.string({ unit: 'grapheme' }).filter((text) => !/^[=+\-@\t\r]/.test(text))
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 }), (rows) => {
      const text = rows.map(csvRow).join('')
      const { data } = papaparse.parse<string[]>(text, { delimiter: ',', newline: '\r\n' })
      assert.deepEqual(data.slice(0, -1), rows)
    }),
  )
})

test('cells are quoted where they must be, and rows end with CR LF', () => {
  assert.equal(csvRow(['a', 'b c', 5, '']), 'a,b c,5,\r\n')
  assert.equal(csvRow(['a,b', 'say "x"', 'two\nlines']), '"a,b","say ""x""","two\nlines"\r\n')
})

test('no text becomes a formula in a spreadsheet', () => {
  for (const first of ['=', '+', '-', '@', '\t'])
    assert.equal(csvRow([`${first}cmd`, 'x']), `'${first}cmd,x\r\n`)
  assert.equal(csvRow(['\rcmd']), '"\'\rcmd"\r\n')
  assert.equal(csvRow(['=HYPERLINK("x")']), '"\'=HYPERLINK(""x"")"\r\n')
  assert.equal(csvRow([-5]), '-5\r\n')
})
