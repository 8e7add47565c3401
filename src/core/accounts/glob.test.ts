import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileGlob } from './glob.ts'

test('globs match as shell patterns do', () => {
  const yes: [string, string][] = [
    ['*', 'a.txt'],
    ['*.csv', 'x.csv'],
    ['?b', 'ab'],
    ['[a-c]x', 'bx'],
    ['[^a-c]x', 'dx'],
    ['a\\*', 'a*'],
    ['a[', 'a['],
    ['(x)+', '(x)+'],
    ['**', 'ab'],
    ['[]a]', 'a'],
    ['日*', '日本'],
    ['/a*/c', '/ab/c'],
    ['*/*', 'a/b'],
    ['[\\]x]', ']'],
    ['[a\\-z]', '-'],
  ]
  for (const [pattern, text] of yes) assert.ok(compileGlob(pattern).test(text), `${pattern} ~ ${text}`)
  const no: [string, string][] = [
    ['*', 'a/b'],
    ['a*b', 'a/b'],
    ['*/c', 'a/b/c'],
    ['?', '/'],
    ['[^a]', '/'],
    ['*.csv', 'x.csvx'],
    ['[z-a]', 'b'],
    ['a.c', 'abc'],
  ]
  for (const [pattern, text] of no) assert.ok(!compileGlob(pattern).test(text), `${pattern} !~ ${text}`)
})

test('case counts unless told otherwise', () => {
  assert.ok(!compileGlob('*.JPG').test('a.jpg'))
  assert.ok(compileGlob('*.JPG', { ignoreCase: true }).test('a.jpg'))
})

test('a pattern of many stars does not multiply the work', () => {
  // Backtracking over every star would take longer than the universe has.
  assert.ok(!compileGlob(`${'*a'.repeat(100)}b`).test('a'.repeat(1000)))
  assert.ok(compileGlob(`${'*a'.repeat(100)}`).test('a'.repeat(1000)))
})
