import assert from 'node:assert/strict'
import { it } from 'node:test'
import { freeName } from './conflicts.ts'

it('a name that is taken gets the next free number before its ending', () => {
  const taken = new Set(['report.pdf', 'report (2).pdf', 'README', '.env'])
  const free = (name: string) => freeName(name, (candidate) => taken.has(candidate))
  assert.equal(free('other.pdf'), 'other.pdf')
  assert.equal(free('report.pdf'), 'report (3).pdf')
  assert.equal(free('README'), 'README (2)')
  assert.equal(free('.env'), '.env (2)')
})
