import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { Log, LogFields } from '../../../src/core/log.ts'
import { ThingerClient, type ThingerClientOptions } from '../../../src/platform/thinger-client.ts'
import type { FakeThinger } from './fake-thinger.ts'

/** A client for the fake platform's plugin, with short pauses. */
export function clientFor(fake: FakeThinger, options: Partial<ThingerClientOptions> = {}): ThingerClient {
  const { user, plugin } = fake.world.plugin
  return new ThingerClient({
    baseUrl: fake.url,
    user,
    plugin,
    pluginToken: () => fake.pluginToken,
    retryDelayMs: 5,
    ...options,
  })
}

/** Keeps every line as an operator could ever see it. */
export class RecordingLog implements Log {
  readonly lines: string[] = []
  debug = this.#record('debug')
  info = this.#record('info')
  warn = this.#record('warn')
  error = this.#record('error')

  child(): Log {
    return this
  }

  #record(level: string) {
    return (fields: LogFields, message: string): void => {
      this.lines.push(`${level} ${message} ${everythingIn(fields)}`)
    }
  }
}

/** All that inspection and JSON can find in a value, hidden properties and causes included. */
export function everythingIn(value: unknown): string {
  const parts = [
    inspect(value, { depth: Infinity, showHidden: true, getters: true, maxStringLength: Infinity }),
  ]
  try {
    parts.push(JSON.stringify(value))
  } catch {
    // a circular value has been inspected all the same
  }
  for (let error = value; error instanceof Error; error = error.cause) {
    parts.push(error.message, error.stack ?? '', JSON.stringify(error, Object.getOwnPropertyNames(error)))
  }
  return parts.join('\n')
}

/** A folder of its own that goes away with its owner. */
export async function temporaryDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'platform-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

export async function waitUntil(condition: () => boolean, timeoutMs = 5000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in time')
    await delay(5)
  }
}
