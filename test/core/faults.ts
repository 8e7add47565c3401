import type { Storage, StorageProvider } from '../../src/core/files/storage.ts'

type Fault = () => void | Promise<void>

/** Calls that fail or wait, by name: 'storage.rename', 'file.commit', 'quota.add', … */
export class Faults {
  readonly calls: string[] = []
  readonly #before = new Map<string, Fault>()

  /** `fault` runs before every such call: it can throw, or hold the call up. */
  before(call: string, fault: Fault): void {
    this.#before.set(call, fault)
  }

  fail(call: string, error: Error): void {
    this.before(call, () => Promise.reject(error))
  }

  /** Holds every such call until release() is called; `reached` tells that one is waiting. */
  hold(call: string): { reached: Promise<void>; release(): void } {
    const reached = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    this.before(call, () => {
      reached.resolve()
      return gate.promise
    })
    return { reached: reached.promise, release: () => gate.resolve() }
  }

  clear(call?: string): void {
    if (call === undefined) this.#before.clear()
    else this.#before.delete(call)
  }

  async run<T>(call: string, work: () => Promise<T>): Promise<T> {
    this.calls.push(call)
    await this.#before.get(call)?.()
    return work()
  }
}

const originals = new WeakMap<object, object>()

/** The same object, whose methods that answer promises can be made to fail; files it opens as well. */
export function withFaults<T extends object>(name: string, target: T, faults: Faults): T {
  const proxy = new Proxy(target, {
    get(_target, property) {
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function' || typeof property === 'symbol') return value
      const method = (...args: unknown[]): unknown => Reflect.apply(value, target, args.map(unwrapped))
      if (property === 'list' && name === 'storage') return method
      return (...args: unknown[]) =>
        faults.run(`${name}.${property}`, async () => {
          const result: unknown = await method(...args)
          return result && ['openWrite', 'openRead', 'openReader'].includes(property)
            ? withFaults('file', result as object, faults)
            : result
        })
    },
  })
  originals.set(proxy, target)
  return proxy
}

/** A storage in an option is given to the real one as the real one. */
function unwrapped(argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null) return argument
  const { into } = argument as { into?: object }
  return into ? { ...argument, into: originals.get(into) ?? into } : argument
}

export class FaultyStorageProvider implements StorageProvider {
  readonly #provider: StorageProvider
  readonly #faults: Faults

  constructor(provider: StorageProvider, faults: Faults) {
    this.#provider = provider
    this.#faults = faults
  }

  open(rootDirectory: string): Storage {
    return withFaults('storage', this.#provider.open(rootDirectory), this.#faults)
  }
}
