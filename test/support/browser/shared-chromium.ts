import { after } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchChromium } from './launch-chromium.ts'

let launched: Promise<Browser> | undefined

// Registered while the file of the tests is loaded, so it runs when all of them have ended.
after(async () => (await launched)?.close())

/** The one browser of a test file: each test opens a context of its own in it. */
export function sharedChromium(): Promise<Browser> {
  return (launched ??= launchChromium())
}
