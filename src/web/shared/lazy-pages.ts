import type { ComponentType } from 'preact'
import { lazyPart } from './lazy-part.tsx'

type Loaders = Readonly<Record<string, () => Promise<ComponentType>>>

export interface LazyPages<T extends Loaders> {
  readonly pages: { readonly [Page in keyof T]: ComponentType }
  /** Begins to load a page that will be shown soon; unknown names are ignored. */
  preload(page: string): void
}

/** Pages whose code is loaded when they are shown, or a little before. */
export function lazyPages<const T extends Loaders>(loaders: T): LazyPages<T> {
  const entries = Object.entries(loaders).map(([page, load]) => [page, lazyPart(load)])
  return {
    pages: Object.fromEntries(entries) as { [Page in keyof T]: ComponentType },
    preload: (page) => {
      // A page that cannot be loaded says so when it is shown.
      if (Object.hasOwn(loaders, page)) void loaders[page]?.().catch(() => undefined)
    },
  }
}
