import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FilePatterns } from '../accounts/user.ts'
import { NameRules } from './name-rules.ts'
import type { VirtualPath } from './virtual-path.ts'

const rule = (path: string, rest: Partial<FilePatterns>): FilePatterns => ({
  path: path as VirtualPath,
  allowedPatterns: [],
  deniedPatterns: [],
  denyPolicy: 'visible',
  ...rest,
})
const judge = (rules: FilePatterns[], path: string) => new NameRules(rules).judge(path as VirtualPath)

test('without a rule every name passes', () => {
  assert.equal(judge([], '/a'), 'allowed')
  assert.equal(judge([rule('/x', { deniedPatterns: ['*'] })], '/a'), 'allowed')
})

test('denied patterns refuse, ignoring case, and allowed ones win over them', () => {
  const rules = [rule('/', { allowedPatterns: ['keep.exe'], deniedPatterns: ['*.exe'] })]
  assert.equal(judge(rules, '/a/B.EXE'), 'denied')
  assert.equal(judge(rules, '/keep.exe'), 'allowed')
  assert.equal(judge(rules, '/other.txt'), 'denied')
  assert.equal(judge([rule('/', { deniedPatterns: ['*.exe'] })], '/other.txt'), 'allowed')
})

test('the rule of the nearest ancestor applies alone', () => {
  const rules = [rule('/', { deniedPatterns: ['*.jpg'] }), rule('/pics', { allowedPatterns: ['*.jpg'] })]
  assert.equal(judge(rules, '/a.jpg'), 'denied')
  assert.equal(judge(rules, '/pics/2026/a.jpg'), 'allowed')
  assert.equal(judge(rules, '/pics/a.png'), 'denied')
})

test('what lies below a hidden directory is hidden', () => {
  const rules = [rule('/', { deniedPatterns: ['secret'], denyPolicy: 'hidden' })]
  assert.equal(judge(rules, '/secret'), 'hidden')
  assert.equal(judge(rules, '/secret/a/b'), 'hidden')
  assert.equal(judge(rules, '/public/a'), 'allowed')
})

test('"allow one, deny the rest" frees all that the one holds', () => {
  const rules = [rule('/d', { allowedPatterns: ['x'], deniedPatterns: ['*'] })]
  assert.equal(judge(rules, '/d/x'), 'allowed')
  assert.equal(judge(rules, '/d/x/y/z.txt'), 'allowed')
  assert.equal(judge(rules, '/d/y'), 'denied')
  assert.equal(judge(rules, '/d/y/z'), 'denied')
})
