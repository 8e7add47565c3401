import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import ts from 'typescript'
import { messages as adminEnglish } from './en/admin.ts'
import { messages as clientEnglish } from './en/client.ts'
import { messages as adminSpanish } from './es/admin.ts'
import { messages as clientSpanish } from './es/client.ts'

type Messages = Readonly<Record<string, string>>

const web = join(import.meta.dirname, '..')
const apps: readonly { name: string; english: Messages; spanish: Messages; folders: readonly string[] }[] = [
  { name: 'WebAdmin', english: adminEnglish, spanish: adminSpanish, folders: ['admin', 'shared'] },
  { name: 'WebClient', english: clientEnglish, spanish: clientSpanish, folders: ['client', 'shared'] },
]
/** Names that are the same in every language. */
const properNames = /^(SFTPGo|Thinger\.io|·|\/|:|–|,|%|×|\+|\(|\)|\d+)*$/
const spokenAttributes = new Set([
  'title',
  'label',
  'lead',
  'alt',
  'placeholder',
  'aria-label',
  'hint',
  'text',
  'action',
])

function sources(folders: readonly string[]): { path: string; text: string }[] {
  return globSync(`{${folders.join(',')}}/**/*.{ts,tsx}`, { cwd: web })
    .filter((path) => !path.endsWith('.test.ts'))
    .map((path) => ({ path, text: readFileSync(join(web, path), 'utf8') }))
}

/** Whole keys in quotes, and beginnings of keys that are put together: `failure.${code}`. */
function keysIn(text: string): { whole: Set<string>; beginnings: string[] } {
  const whole = new Set(
    [...text.matchAll(/['"]([a-z][A-Za-z]*(?:\.[A-Za-z0-9-]+)+)['"]/g)].map((match) => match[1] ?? ''),
  )
  const beginnings = [...text.matchAll(/`([a-z][A-Za-z]*(?:\.[A-Za-z0-9-]+)*\.)\$\{/g)].map(
    (match) => match[1] ?? '',
  )
  return { whole, beginnings }
}

function placeholdersOf(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\w+\}/g)].map((match) => match[0]))].sort()
}

for (const { name, english, spanish, folders } of apps)
  suite(`messages of the ${name}`, () => {
    test('both languages have the same texts, none of them empty', () => {
      assert.deepEqual(Object.keys(spanish).sort(), Object.keys(english).sort())
      for (const [key, text] of [...Object.entries(english), ...Object.entries(spanish)])
        assert.notEqual(text.trim(), '', key)
    })

    test('both languages fill in the same values and have forms for one and for many alike', () => {
      for (const [key, text] of Object.entries(english)) {
        const other = spanish[key] ?? ''
        assert.deepEqual(placeholdersOf(other), placeholdersOf(text), key)
        assert.equal(other.split(' | ').length, text.split(' | ').length, key)
        assert.ok(text.split(' | ').length <= 2, key)
      }
    })

    test('every text that is asked for exists', () => {
      const areas = new Set(Object.keys(english).map((key) => key.split('.')[0]))
      for (const { path, text } of sources(folders)) {
        const { beginnings } = keysIn(text)
        const calls = [...text.matchAll(/\bt\(\s*['"]([^'"]+)['"]/g)].map((match) => match[1] ?? '')
        for (const key of calls) assert.ok(Object.hasOwn(english, key), `${path}: ${key}`)
        for (const beginning of beginnings.filter((part) => areas.has(part.split('.')[0])))
          assert.ok(
            Object.keys(english).some((key) => key.startsWith(beginning)),
            `${path}: ${beginning}`,
          )
      }
    })
  })

test('no text is left over that nothing shows', () => {
  const all = sources(['admin', 'client', 'shared']).map(({ text }) => keysIn(text))
  const whole = new Set(all.flatMap((found) => [...found.whole]))
  const beginnings = all.flatMap((found) => found.beginnings)
  for (const key of Object.keys({ ...adminEnglish, ...clientEnglish }))
    assert.ok(whole.has(key) || beginnings.some((beginning) => key.startsWith(beginning)), key)
})

test('no page holds a text of its own', () => {
  const found: string[] = []
  for (const { path, text } of sources(['admin', 'client', 'shared']).filter(({ path }) =>
    path.endsWith('.tsx'),
  )) {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX)
    const visit = (node: ts.Node): void => {
      if (ts.isJsxText(node) && !properNames.test(node.text.replaceAll(/\s/g, '')))
        found.push(`${path}: ${node.text.trim()}`)
      if (
        ts.isJsxAttribute(node) &&
        node.initializer &&
        ts.isStringLiteral(node.initializer) &&
        spokenAttributes.has(node.name.getText()) &&
        !properNames.test(node.initializer.text)
      )
        found.push(`${path}: ${node.getText()}`)
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  assert.deepEqual(found, [])
})
