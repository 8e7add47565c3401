import type { Page } from 'playwright-core'
import type { WebWorld } from './web-world.ts'

/** A page to be looked at. */
export interface Shot {
  readonly name: string
  /** Below the plugin's address, e.g. 'web/admin/users'. */
  readonly path: string
  /** A selector of what has to be there first; 'h1' otherwise. */
  readonly ready?: string
  /** Opens a dialog, types something, … */
  readonly prepare?: (page: Page) => Promise<void>
}

/** How people see pages. */
export const looks = [
  { look: 'light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { look: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { look: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
] as const

/** Every page in every look, as <name>-<look>.png. Answers the paths. */
export async function takeScreenshots(world: WebWorld, shots: readonly Shot[]): Promise<string[]> {
  const page = await world.context.newPage()
  const paths: string[] = []
  for (const { look, colorScheme, viewport } of looks) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize(viewport)
    for (const { name, path, ready = 'h1', prepare } of shots) {
      await page.goto(new URL(path, world.url).href)
      await page.waitForSelector(ready)
      await prepare?.(page)
      paths.push(await world.screenshot(`${name}-${look}`, page))
    }
  }
  await page.close()
  return paths
}
