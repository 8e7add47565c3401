import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults, RunOptions } from 'axe-core'
import type { Frame, Page } from 'playwright-core'

const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** WCAG 2.2 wants targets of 24 pixels; axe has that rule switched off. */
const options: RunOptions = { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }

/** Boxes with the name of a button beside them: who hears the names cannot tell them apart. */
const sharedNames = `(() => {
  const nameOf = (one) => (one.ariaLabel ?? one.labels?.[0]?.textContent ?? one.textContent).trim()
  const shown = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility())
  const isNamedLike = (box) => (button) =>
    button.closest('dialog') === box.closest('dialog') && nameOf(button) === nameOf(box)
  const boxes = shown('pre[aria-label], textarea, input:not([type=checkbox], [type=radio], [type=file])')
  return boxes.filter((box) => shown('button').some(isNamedLike(box))).map(nameOf)
})()`

/** @throws naming every violation of axe's rules in what `target` shows now, with the elements */
export async function assertAccessible(target: Frame | Page, name: string): Promise<void> {
  // The pages' policy lets no foreign script in; what the debugger evaluates is not subject to it.
  if (!(await target.evaluate<boolean>(`'axe' in window`))) await target.evaluate(source)
  const { violations } = await target.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`)
  const found = violations.map(({ id, impact, help, nodes }) => ({
    rule: `${id} (${impact ?? 'minor'}): ${help}`,
    elements: nodes.map(
      ({ html, failureSummary = '' }) => `${html} ${failureSummary.replaceAll(/\s+/g, ' ')}`,
    ),
  }))
  assert.deepEqual(found, [], `${name} is not accessible`)
  assert.deepEqual(await target.evaluate(sharedNames), [], `boxes of ${name} are named like buttons`)
}
