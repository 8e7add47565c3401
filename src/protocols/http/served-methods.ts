import { pathOf } from './base-path.ts'
import type { HttpApp } from './http-app.ts'

/** Which methods a path is served with, of the routes that are registered after it: fastify itself answers 404 alone. */
export class ServedMethods {
  readonly #byPattern = new Map<string, Set<string>>()

  constructor(app: HttpApp) {
    app.addHook('onRoute', ({ url, method }) => {
      const methods = this.#byPattern.get(url) ?? new Set()
      this.#byPattern.set(url, methods)
      for (const name of [method].flat()) methods.add(name)
    })
  }

  /** Sorted; none where there is nothing at all. */
  of(url: string): readonly string[] {
    const path = pathOf(url).split('/')
    const found = [...this.#byPattern].filter(([pattern]) => isServed(pattern.split('/'), path))
    return [...new Set(found.flatMap(([, methods]) => [...methods]))].sort()
  }
}

/** '/users/:username' is for one part that is not empty, a star at the end for all that follows. */
function isServed(pattern: readonly string[], path: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === '*'
  if (isOpen ? path.length < pattern.length : path.length !== pattern.length) return false
  return pattern.every(
    (part, index) => part === '*' || part === path[index] || (part.startsWith(':') && path[index] !== ''),
  )
}
